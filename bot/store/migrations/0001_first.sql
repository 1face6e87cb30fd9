-- One text for both engines; the runner fills in {int}, {pk}, {blob} and {tail} (bot/store/migrate.py).
-- Times are integer milliseconds since the epoch, UTC. '' rather than NULL in what summaries group by.

CREATE TABLE respondent (                       -- the only home of a customer's raw Telegram id
  customer_key TEXT PRIMARY KEY,                -- HMAC(pepper, id)
  chat_id {int} UNIQUE,                         -- NULL once dropped or erased
  language TEXT,                                -- as Telegram last said it (IETF tag)
  opted_out_at {int},
  unreachable_at {int},                         -- the bot is blocked, or the account is gone
  last_thread_id {int},                         -- private chats with topics: where the customer last wrote
  seen_at {int} NOT NULL
){tail};

CREATE TABLE delivery (                         -- the inbox: one request or update as received
  id {pk},
  source TEXT NOT NULL,
  key TEXT NOT NULL,                            -- update_id or delivery id
  lane TEXT NOT NULL,                           -- what keeps its order: customer_key, staff chat, conversation
  body TEXT,                                    -- NULL once processed
  received_at {int} NOT NULL,
  done_at {int},
  attempts {int} NOT NULL DEFAULT 0,
  not_before {int} NOT NULL DEFAULT 0,
  error TEXT,
  UNIQUE (source, key)
){tail};
CREATE INDEX delivery_open ON delivery (lane, id) WHERE done_at IS NULL;
CREATE INDEX delivery_received ON delivery (received_at);

CREATE TABLE invitation (                       -- one decision to ask, or not to ask, about one episode
  id {pk},
  token TEXT NOT NULL UNIQUE,                   -- 22 base62 characters, in the button data
  source TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  episode {int} NOT NULL,                       -- each ending of a conversation is its own row
  kind TEXT NOT NULL,                           -- event kind
  customer_key TEXT REFERENCES respondent (customer_key),   -- NULL: nobody known
  trigger_name TEXT NOT NULL DEFAULT '',
  survey TEXT NOT NULL DEFAULT '',
  scale TEXT NOT NULL DEFAULT '',
  series TEXT NOT NULL DEFAULT '',              -- survey/scale/form/question_version; unlike series are never pooled
  touchpoint TEXT NOT NULL DEFAULT '',
  team TEXT NOT NULL DEFAULT '',
  agent TEXT NOT NULL DEFAULT '',
  language TEXT NOT NULL DEFAULT '',            -- of the catalogue it was asked in
  heard_language TEXT,                          -- as the source said it
  ended_at {int} NOT NULL,
  last_message_at {int},
  is_group {int} NOT NULL DEFAULT 0, is_spam {int} NOT NULL DEFAULT 0,
  resumed_at {int},                             -- the conversation went on after this ending
  closed_by TEXT,
  resolved_by TEXT,
  first_response_seconds {int}, resolution_seconds {int}, customer_messages {int}, agent_messages {int},
  reopen_count {int}, transfers {int}, characters {int},
  time_zone TEXT,                               -- the customer's, where the source knew it
  state TEXT NOT NULL CHECK (state IN
    ('scheduled','sending','sent','answered','expired','undeliverable','cancelled','skipped')),
  reason TEXT,                                  -- of a skip, a cancellation, an undeliverable
  verdict TEXT,                                 -- JSON: the rules, one by one, as they were decided
  checked_at {int}, verdict_then TEXT,          -- decided again, the last time, when the question was due
  created_at {int} NOT NULL,
  ask_at {int},                                 -- when the question is, or was, due
  sent_at {int}, expires_at {int}, closed_at {int},
  message_id {int},
  wording TEXT,                                 -- the question in the team's own words, as asked; NULL: the catalogue's
  reminded_at {int}, reminder_message_id {int}, -- the one reminder; its message while it stands in the chat
  score {int} CHECK (score BETWEEN 1 AND 10),
  answered_at {int},                            -- the first tap; never changes
  changed_at {int},
  edit_until {int},
  comment TEXT, commented_at {int}, comment_message_id {int},
  prompt_message_id {int}, prompt_opened_at {int}, prompt_until {int}, prompt_closed_at {int},
  alerted_at {int}, alert_chat_id {int}, alert_message_id {int},   -- the line that told staff of a hard answer
  CHECK ((score IS NULL) = (answered_at IS NULL)),
  UNIQUE (source, conversation_id, episode)     -- deciding twice about one ending is harmless
){tail};
CREATE INDEX invitation_customer ON invitation (customer_key, ended_at);
CREATE INDEX invitation_answered ON invitation
  (series, answered_at, touchpoint, team, agent, trigger_name, language, score, source)
  WHERE answered_at IS NOT NULL;
CREATE INDEX invitation_sent ON invitation
  (series, sent_at, touchpoint, team, agent, trigger_name, language, answered_at, expires_at, state, closed_at)
  WHERE sent_at IS NOT NULL;
CREATE INDEX invitation_ended ON invitation (ended_at, series, state, reason);
CREATE INDEX invitation_commented ON invitation (commented_at, series) WHERE commented_at IS NOT NULL;
CREATE INDEX invitation_changed ON invitation (changed_at) WHERE changed_at IS NOT NULL;
CREATE INDEX invitation_prompt ON invitation (customer_key, prompt_until) WHERE prompt_opened_at IS NOT NULL;

CREATE TABLE reopening (                        -- heard of lately, for endings that are heard of too late
  source TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  at {int} NOT NULL,
  PRIMARY KEY (source, conversation_id)
){tail};
CREATE INDEX reopening_at ON reopening (at);

CREATE TABLE invitation_reason (                -- a second tap on a reason removes it
  invitation_id {int} NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
  reason TEXT NOT NULL,
  PRIMARY KEY (invitation_id, reason)
){tail};

CREATE TABLE invitation_tag (
  invitation_id {int} NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
  tag TEXT NOT NULL,
  PRIMARY KEY (invitation_id, tag)
){tail};

CREATE TABLE response_event (                   -- append-only: every tap, reason and comment, once
  id {pk},
  update_id {int} UNIQUE,                       -- NULL: imported
  invitation_id {int} NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('tap','late_tap','reason','comment','edit')),
  value TEXT,
  at {int} NOT NULL
){tail};
CREATE INDEX response_event_invitation ON response_event (invitation_id, kind, id);

CREATE TABLE timer (                            -- what is due when; written in the transaction of what it times
  id {pk},
  kind TEXT NOT NULL,                           -- ask, remind, expire, edit_close, hard_answer, follow_up, report, …
  subject TEXT NOT NULL,                        -- an invitation's id, a schedule's name
  due_at {int} NOT NULL,
  visible_at {int} NOT NULL,                    -- due_at, or the end of a lease
  attempts {int} NOT NULL DEFAULT 0,
  lease TEXT,
  last_error TEXT,
  UNIQUE (kind, subject)
){tail};
CREATE INDEX timer_visible ON timer (visible_at);

CREATE TABLE outbox (                           -- what is to be sent (docs/sending.md)
  id {pk},
  kind TEXT NOT NULL,                           -- one of outbox.LetterKindName
  priority {int} NOT NULL,                      -- 10 relay … 50 summaries; smaller goes first
  lane TEXT NOT NULL,                           -- rows of one lane go one after the other
  method TEXT NOT NULL,
  payload TEXT,                                 -- JSON without the address; NULL once sent
  file {blob}, file_field TEXT, file_name TEXT,
  customer_key TEXT,                            -- to: the respondent's chat
  chat_id {int},                                -- or to: a staff chat or the forum
  topic_of TEXT,                                -- in the forum topic of this customer
  invitation_id {int},
  subject TEXT,                                 -- what the result belongs to (a report, a message_link, …)
  coalesce_key TEXT,                            -- of waiting rows with the same key only the newest is sent
  state TEXT NOT NULL CHECK (state IN ('waiting','sending','sent','failed','unknown')),
  not_before {int} NOT NULL,
  give_up_at {int},                             -- later than this it is worth nothing
  attempts {int} NOT NULL DEFAULT 0,
  created_at {int} NOT NULL,
  claimed_at {int}, lease TEXT,
  finished_at {int},
  message_id {int},
  last_error TEXT
){tail};
CREATE INDEX outbox_open ON outbox (priority, id) WHERE state IN ('waiting','sending');
CREATE INDEX outbox_lane ON outbox (lane, id) WHERE state IN ('waiting','sending');
CREATE INDEX outbox_due ON outbox (not_before) WHERE state = 'waiting';
CREATE INDEX outbox_finished ON outbox (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX outbox_coalesce ON outbox (coalesce_key) WHERE state = 'waiting' AND coalesce_key IS NOT NULL;

CREATE TABLE desk_topic (                       -- the support forum: one topic per customer, and the open episode
  customer_key TEXT PRIMARY KEY REFERENCES respondent (customer_key),
  forum_chat_id {int} NOT NULL,
  thread_id {int},                              -- NULL: to be created (again)
  title TEXT NOT NULL,
  is_open {int} NOT NULL,
  opened_at {int} NOT NULL,                     -- of the present episode
  closed_at {int},
  first_customer_at {int}, last_customer_at {int}, first_agent_at {int}, last_agent_at {int},
  customer_messages {int} NOT NULL DEFAULT 0, agent_messages {int} NOT NULL DEFAULT 0,
  characters {int} NOT NULL DEFAULT 0,          -- of both sides together
  agent TEXT NOT NULL DEFAULT '', transfers {int} NOT NULL DEFAULT 0, reopen_count {int} NOT NULL DEFAULT 0,
  closed_by TEXT
){tail};
CREATE UNIQUE INDEX desk_topic_thread ON desk_topic (forum_chat_id, thread_id) WHERE thread_id IS NOT NULL;

CREATE TABLE message_link (                     -- one message on both sides of the relay
  customer_key TEXT NOT NULL,
  customer_message_id {int} NOT NULL,
  forum_chat_id {int} NOT NULL,
  forum_message_id {int} NOT NULL,
  from_customer {int} NOT NULL,
  kind TEXT NOT NULL,                           -- text, photo, …: decides how an edit follows
  file TEXT NOT NULL DEFAULT '',                -- Telegram's file_unique_id: did an edit change the file or the caption?
  at {int} NOT NULL,
  PRIMARY KEY (customer_key, customer_message_id, forum_message_id)
){tail};
CREATE INDEX message_link_forum ON message_link (forum_chat_id, forum_message_id);

CREATE TABLE staff_quote (                      -- where a customer's words were shown to staff, so that erasure finds them
  chat_id {int} NOT NULL,
  message_id {int} NOT NULL,
  invitation_id {int} NOT NULL,
  PRIMARY KEY (chat_id, message_id, invitation_id)
){tail};

CREATE TABLE report (                           -- claimed once per period; a posted figure never changes
  id {pk},
  schedule TEXT NOT NULL,                       -- a schedule's name, or ask:<delivery id> for /ces
  chat_id {int} NOT NULL,
  thread_id {int},
  to_at {int} NOT NULL, as_of {int} NOT NULL,
  figures TEXT NOT NULL,                        -- JSON
  message_id {int},
  rest_message_id {int},                        -- what the picture's caption had no room for
  UNIQUE (schedule, chat_id, to_at)
){tail};

CREATE INDEX report_chat ON report (chat_id, as_of);

CREATE TABLE staff_view (                       -- a summary, or the live message, that shows a page of the drill-down
  chat_id {int} NOT NULL,
  message_id {int} NOT NULL,
  token TEXT NOT NULL,                          -- of its buttons
  shown TEXT NOT NULL,                          -- the page as a button carries it; '' for the summary itself
  wanted TEXT,                                  -- the page that somebody asked for; NULL: nobody waits
  pressed_by {int},                             -- a member of staff, until it is known that they are one
  pressed_at {int} NOT NULL,
  PRIMARY KEY (chat_id, message_id)
){tail};

CREATE TABLE live_message (                     -- the one message per staff chat that is kept up to date
  chat_id {int} PRIMARY KEY,
  message_id {int},                             -- NULL while it is on its way
  token TEXT NOT NULL,                          -- of its buttons
  has_picture {int} NOT NULL,
  shown TEXT NOT NULL,                          -- a fingerprint of what it shows
  edited_at {int} NOT NULL
){tail};

CREATE TABLE follow_up (                        -- a customer's visits by one trigger's cadence; the next is a timer
  trigger_name TEXT NOT NULL,
  customer_key TEXT NOT NULL REFERENCES respondent (customer_key),
  started_at {int} NOT NULL,                    -- the purchase, or whatever it is counted from
  language TEXT,                                -- as that event named it
  time_zone TEXT,
  PRIMARY KEY (trigger_name, customer_key)
){tail};
CREATE INDEX follow_up_customer ON follow_up (customer_key);

CREATE TABLE daily_count (                      -- what is left of answers whose time is up; no cell is under 5
  day TEXT NOT NULL,                            -- of the first tap, in the team's time zone, as 2026-11-25
  series TEXT NOT NULL,
  score {int} NOT NULL CHECK (score BETWEEN 1 AND 10),
  answers {int} NOT NULL CHECK (answers >= 5),
  PRIMARY KEY (day, series, score)
){tail};

CREATE TABLE switch (                           -- triggers and the pause, as admins set them
  name TEXT PRIMARY KEY,                        -- a trigger's name, or 'pause'
  is_on {int} NOT NULL,
  until {int},                                  -- a pause may end by itself
  changed_at {int} NOT NULL,
  changed_by TEXT NOT NULL
){tail};

CREATE TABLE setting (                          -- what admins changed by chat over the settings file
  key TEXT PRIMARY KEY,                         -- as in the file: survey.cooldown
  value TEXT NOT NULL,                          -- as in the file: 10d
  changed_at {int} NOT NULL,
  changed_by TEXT NOT NULL
){tail};

CREATE TABLE audit (                            -- who changed what, when
  id {pk},
  at {int} NOT NULL,
  actor TEXT NOT NULL,                          -- an admin's name as Telegram showed it, or 'system'
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT
){tail};

CREATE TABLE staff_button (                     -- a1:<token>: what a staff or admin button stands for, bound to its chat
  token TEXT PRIMARY KEY,
  chat_id {int} NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  created_at {int} NOT NULL
){tail};

CREATE TABLE erasure (                          -- who was forgotten, so that no backup brings them back
  hash TEXT PRIMARY KEY,                        -- keyed, of the customer_key; leads nowhere without the pepper
  at {int} NOT NULL                             -- the latest time that they asked
){tail};

CREATE TABLE bot_memory (                       -- small durable facts: a pepper's fingerprint, a moved chat's new id
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
){tail};

CREATE TABLE alert_state (                      -- the watch for a drop, one row per series (docs/alerts.md)
  series TEXT PRIMARY KEY,
  state TEXT NOT NULL,                          -- JSON: baseline counts, the cumulative sum, the stretch so far
  entered_at {int} NOT NULL,                    -- the last answer that entered: its first tap …
  entered_id {int} NOT NULL                     -- … and its invitation
){tail};

CREATE TABLE alert (                            -- an alarm: one answer raises one at most
  id {pk},
  series TEXT NOT NULL,
  first_at {int} NOT NULL, first_id {int} NOT NULL,   -- the stretch that raised it, first and last answer included
  last_at {int} NOT NULL, last_id {int} NOT NULL,
  alarm TEXT NOT NULL,                          -- JSON: the rule, the stretch's counts, the baseline's
  raised_at {int} NOT NULL,
  told_at {int},                                -- NULL: nobody was told (too old when it was found, or no chat)
  figures TEXT,                                 -- JSON: what the message says
  chat_id {int}, message_id {int}, has_picture {int},
  seen_by TEXT, seen_at {int},
  normal_by TEXT, normal_at {int}, normal_n {int},   -- who declared it the new normal, and its answers by then
  UNIQUE (series, last_at, last_id)
){tail};

-- Index-only scans need a vacuumed table; timers come and go all day.
/*pg: ALTER TABLE invitation SET (autovacuum_vacuum_insert_scale_factor = 0.05); */
/*pg: ALTER TABLE timer SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01); */
