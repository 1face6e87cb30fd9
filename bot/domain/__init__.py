"""Pure: what is asked, decided and computed. No await, no clock, no dice, no library."""
