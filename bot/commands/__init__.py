"""What can be typed after ``python3 -m bot``. Each command is one module; ``cli`` holds their options."""
