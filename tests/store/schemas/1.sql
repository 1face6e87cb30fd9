BEGIN TRANSACTION;
CREATE TABLE alert (                             
  id INTEGER PRIMARY KEY,
  series TEXT NOT NULL,
  first_at INTEGER NOT NULL, first_id INTEGER NOT NULL,    
  last_at INTEGER NOT NULL, last_id INTEGER NOT NULL,
  alarm TEXT NOT NULL,                           
  raised_at INTEGER NOT NULL,
  told_at INTEGER,                                 
  figures TEXT,                                  
  chat_id INTEGER, message_id INTEGER, has_picture INTEGER,
  seen_by TEXT, seen_at INTEGER,
  normal_by TEXT, normal_at INTEGER, normal_n INTEGER,    
  UNIQUE (series, last_at, last_id)
) STRICT;
CREATE TABLE alert_state (                       
  series TEXT PRIMARY KEY,
  state TEXT NOT NULL,                           
  entered_at INTEGER NOT NULL,                     
  entered_id INTEGER NOT NULL                      
) STRICT;
INSERT INTO "alert_state" VALUES('support/emoji5/question/1','{"collected": [0, 1, 0, 0, 1], "baseline": null, "frozen_at": null, "normal_from": null, "s": 0.0, "stretch": [], "stretch_from": null, "alarmed_at": null}',1795601120000,2);
CREATE TABLE audit (                             
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,                           
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT
) STRICT;
INSERT INTO "audit" VALUES(1,1795601129000,'Ada King','switch_on','pause','2026-11-25T12:05:29+00:00');
INSERT INTO "audit" VALUES(2,1795601130000,'Ada King','switch_off','pause',NULL);
CREATE TABLE bot_memory (                        
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
INSERT INTO "bot_memory" VALUES('sender','mO7tDFBAa7b9KGeAZ1PTFh');
CREATE TABLE daily_count (                       
  day TEXT NOT NULL,                             
  series TEXT NOT NULL,
  score INTEGER NOT NULL CHECK (score BETWEEN 1 AND 10),
  answers INTEGER NOT NULL CHECK (answers >= 5),
  PRIMARY KEY (day, series, score)
) STRICT;
CREATE TABLE delivery (                          
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  key TEXT NOT NULL,                             
  lane TEXT NOT NULL,                            
  body TEXT,                                     
  received_at INTEGER NOT NULL,
  done_at INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  UNIQUE (source, key)
) STRICT;
INSERT INTO "delivery" VALUES(1,'telegram','700000001','9f40b97b6cf939828bc1c1390e4e5c78',NULL,1795600800000,1795600800000,0,0,NULL);
INSERT INTO "delivery" VALUES(2,'telegram','700000002','75ebe0facaaf7c8f04ac7014b040b94f',NULL,1795600800000,1795600800000,0,0,NULL);
INSERT INTO "delivery" VALUES(3,'telegram','700000003','68a0132d13a9d8ccbd3d402cc7a5ea43',NULL,1795600800000,1795600800000,0,0,NULL);
INSERT INTO "delivery" VALUES(4,'telegram','700000004','b566cef468379dc7ce9a8a43ea791cac',NULL,1795600800000,1795600800000,0,0,NULL);
INSERT INTO "delivery" VALUES(5,'telegram','700000005','120b11361a58d790df78fe3dae6799f8',NULL,1795600800000,1795600800000,0,0,NULL);
INSERT INTO "delivery" VALUES(6,'telegram','700000006','a16e4afd7403d5f624c474242e2918bd',NULL,1795600800000,1795600800000,0,0,NULL);
INSERT INTO "delivery" VALUES(7,'telegram','700000007','9f40b97b6cf939828bc1c1390e4e5c78',NULL,1795600800000,1795600800000,0,0,NULL);
INSERT INTO "delivery" VALUES(8,'telegram','700000008','chat:-1001000000001',NULL,1795600800000,1795600800000,0,0,NULL);
INSERT INTO "delivery" VALUES(9,'telegram','700000009','chat:-1001000000001',NULL,1795600801000,1795600801000,0,0,NULL);
INSERT INTO "delivery" VALUES(10,'telegram','700000010','chat:-1001000000001',NULL,1795600802000,1795600802000,0,0,NULL);
INSERT INTO "delivery" VALUES(11,'telegram','700000011','update:700000011',NULL,1795600808000,1795600808000,0,0,NULL);
INSERT INTO "delivery" VALUES(12,'telegram','700000012','update:700000012',NULL,1795600809000,1795600809000,0,0,NULL);
INSERT INTO "delivery" VALUES(13,'telegram','700000013','update:700000013',NULL,1795600810000,1795600810000,0,0,NULL);
INSERT INTO "delivery" VALUES(14,'telegram','700000014','9f40b97b6cf939828bc1c1390e4e5c78',NULL,1795600811000,1795600811000,0,0,NULL);
INSERT INTO "delivery" VALUES(15,'telegram','700000015','b566cef468379dc7ce9a8a43ea791cac',NULL,1795601112000,1795601112000,0,0,NULL);
INSERT INTO "delivery" VALUES(16,'telegram','700000016','chat:-1001000000001',NULL,1795601112000,1795601112000,0,0,NULL);
INSERT INTO "delivery" VALUES(17,'telegram','700000017','chat:-1001000000001',NULL,1795601113000,1795601113000,0,0,NULL);
INSERT INTO "delivery" VALUES(18,'telegram','700000018','chat:-1001000000001',NULL,1795601114000,1795601114000,0,0,NULL);
INSERT INTO "delivery" VALUES(19,'telegram','700000019','update:700000019',NULL,1795601120000,1795601120000,0,0,NULL);
INSERT INTO "delivery" VALUES(20,'telegram','700000020','75ebe0facaaf7c8f04ac7014b040b94f',NULL,1795601121000,1795601121000,0,0,NULL);
INSERT INTO "delivery" VALUES(21,'telegram','700000021','chat:-1001000000001',NULL,1795601121000,1795601121000,0,0,NULL);
INSERT INTO "delivery" VALUES(22,'telegram','700000022','chat:-1001000000001',NULL,1795601122000,1795601122000,0,0,NULL);
INSERT INTO "delivery" VALUES(23,'telegram','700000023','chat:-1001000000001',NULL,1795601123000,1795601123000,0,0,NULL);
INSERT INTO "delivery" VALUES(24,'generic','evt_play_105_1','generic',NULL,1795601129000,1795601129000,0,0,NULL);
INSERT INTO "delivery" VALUES(25,'generic','evt_play_1_2','generic',NULL,1795601129000,1795601129000,0,0,NULL);
INSERT INTO "delivery" VALUES(26,'telegram','700000024','a16e4afd7403d5f624c474242e2918bd',NULL,1795601129000,1795601129000,0,0,NULL);
INSERT INTO "delivery" VALUES(27,'telegram','700000025','a16e4afd7403d5f624c474242e2918bd',NULL,1795601130000,1795601130000,0,0,NULL);
INSERT INTO "delivery" VALUES(28,'telegram','700000026','9f40b97b6cf939828bc1c1390e4e5c78',NULL,1795687531000,1795687531000,0,0,NULL);
INSERT INTO "delivery" VALUES(29,'telegram','700000027','chat:-1001000000001',NULL,1795687531000,1795687531000,0,0,NULL);
INSERT INTO "delivery" VALUES(30,'telegram','700000028','chat:-1001000000001',NULL,1795687532000,1795687532000,0,0,NULL);
INSERT INTO "delivery" VALUES(31,'telegram','700000029','chat:-1001000000001',NULL,1795687533000,1795687533000,0,0,NULL);
CREATE TABLE desk_topic (                        
  customer_key TEXT PRIMARY KEY REFERENCES respondent (customer_key),
  forum_chat_id INTEGER NOT NULL,
  thread_id INTEGER,                               
  title TEXT NOT NULL,
  is_open INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,                      
  closed_at INTEGER,
  first_customer_at INTEGER, last_customer_at INTEGER, first_agent_at INTEGER, last_agent_at INTEGER,
  customer_messages INTEGER NOT NULL DEFAULT 0, agent_messages INTEGER NOT NULL DEFAULT 0,
  characters INTEGER NOT NULL DEFAULT 0,           
  agent TEXT NOT NULL DEFAULT '', transfers INTEGER NOT NULL DEFAULT 0, reopen_count INTEGER NOT NULL DEFAULT 0,
  closed_by TEXT
) STRICT;
INSERT INTO "desk_topic" VALUES('9f40b97b6cf939828bc1c1390e4e5c78',-1001000000001,2,'Emma Clarke',0,1795687531000,1795687533000,1795687531000,1795687531000,1795687532000,1795687532000,1,1,27,'59e0dad2686e0d5b9bc215deea9067f2',0,1,'59e0dad2686e0d5b9bc215deea9067f2');
INSERT INTO "desk_topic" VALUES('b566cef468379dc7ce9a8a43ea791cac',-1001000000001,8,'Noah Weber',0,1795601112000,1795601114000,1795601112000,1795601112000,1795601113000,1795601113000,1,1,32,'59e0dad2686e0d5b9bc215deea9067f2',0,0,'59e0dad2686e0d5b9bc215deea9067f2');
INSERT INTO "desk_topic" VALUES('75ebe0facaaf7c8f04ac7014b040b94f',-1001000000001,14,'林晓',0,1795601121000,1795601123000,1795601121000,1795601121000,1795601122000,1795601122000,1,1,32,'59e0dad2686e0d5b9bc215deea9067f2',0,0,'59e0dad2686e0d5b9bc215deea9067f2');
CREATE TABLE erasure (                           
  hash TEXT PRIMARY KEY,                         
  at INTEGER NOT NULL                              
) STRICT;
CREATE TABLE follow_up (                         
  trigger_name TEXT NOT NULL,
  customer_key TEXT NOT NULL REFERENCES respondent (customer_key),
  started_at INTEGER NOT NULL,                     
  language TEXT,                                 
  time_zone TEXT,
  PRIMARY KEY (trigger_name, customer_key)
) STRICT;
CREATE TABLE invitation (                        
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,                    
  source TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  episode INTEGER NOT NULL,                        
  kind TEXT NOT NULL,                            
  customer_key TEXT REFERENCES respondent (customer_key),    
  trigger_name TEXT NOT NULL DEFAULT '',
  survey TEXT NOT NULL DEFAULT '',
  scale TEXT NOT NULL DEFAULT '',
  series TEXT NOT NULL DEFAULT '',               
  touchpoint TEXT NOT NULL DEFAULT '',
  team TEXT NOT NULL DEFAULT '',
  agent TEXT NOT NULL DEFAULT '',
  language TEXT NOT NULL DEFAULT '',             
  heard_language TEXT,                           
  ended_at INTEGER NOT NULL,
  last_message_at INTEGER,
  is_group INTEGER NOT NULL DEFAULT 0, is_spam INTEGER NOT NULL DEFAULT 0,
  resumed_at INTEGER,                              
  closed_by TEXT,
  resolved_by TEXT,
  first_response_seconds INTEGER, resolution_seconds INTEGER, customer_messages INTEGER, agent_messages INTEGER,
  reopen_count INTEGER, transfers INTEGER, characters INTEGER,
  time_zone TEXT,                                
  state TEXT NOT NULL CHECK (state IN
    ('scheduled','sending','sent','answered','expired','undeliverable','cancelled','skipped')),
  reason TEXT,                                   
  verdict TEXT,                                  
  checked_at INTEGER, verdict_then TEXT,           
  created_at INTEGER NOT NULL,
  ask_at INTEGER,                                  
  sent_at INTEGER, expires_at INTEGER, closed_at INTEGER,
  message_id INTEGER,
  wording TEXT,                                  
  reminded_at INTEGER, reminder_message_id INTEGER,  
  score INTEGER CHECK (score BETWEEN 1 AND 10),
  answered_at INTEGER,                             
  changed_at INTEGER,
  edit_until INTEGER,
  comment TEXT, commented_at INTEGER, comment_message_id INTEGER,
  prompt_message_id INTEGER, prompt_opened_at INTEGER, prompt_until INTEGER, prompt_closed_at INTEGER,
  alerted_at INTEGER, alert_chat_id INTEGER, alert_message_id INTEGER,    
  CHECK ((score IS NULL) = (answered_at IS NULL)),
  UNIQUE (source, conversation_id, episode)      
) STRICT;
INSERT INTO "invitation" VALUES(1,'t5ETsHJtwsmqcf3fSgoW4a','telegram_topic','9f40b97b6cf939828bc1c1390e4e5c78',1,'support_ended','9f40b97b6cf939828bc1c1390e4e5c78','telegram_topic','support','emoji5','support/emoji5/question/1','support','','59e0dad2686e0d5b9bc215deea9067f2','en','en',1795600802000,1795600801000,0,0,1795687531000,'59e0dad2686e0d5b9bc215deea9067f2','human',1,2,1,1,0,0,32,NULL,'answered',NULL,'[{"rule": "no_trigger", "passed": true, "trigger": "telegram_topic"}, {"rule": "switched_off", "passed": true}, {"rule": "paused", "passed": true}, {"rule": "spam", "passed": true}, {"rule": "group", "passed": true}, {"rule": "staff", "passed": true}, {"rule": "test_account", "passed": true}, {"rule": "no_address", "passed": true}, {"rule": "bot_blocked", "passed": true}, {"rule": "opted_out", "passed": true}, {"rule": "blocked_tag", "passed": true}, {"rule": "no_human_reply", "passed": true, "agent_messages": 1}, {"rule": "timed_out", "passed": true, "silence_seconds": 1}, {"rule": "too_short", "passed": true, "customer_messages": 1, "minimum_messages": 0, "characters": 32, "minimum_characters": 0, "language": "en"}, {"rule": "sampled_out", "passed": true, "sample": 10.64, "rate": 100.0}, {"rule": "cooldown", "passed": true}, {"rule": "yearly_cap", "passed": true, "asks_in_a_year": 0, "cap": 0}, {"rule": "too_old", "passed": true, "age_seconds": 0, "limit_seconds": 86400}, {"rule": "quiet_hours", "passed": true}]',1795600807000,'[{"rule": "no_trigger", "passed": true, "trigger": "telegram_topic"}, {"rule": "switched_off", "passed": true}, {"rule": "paused", "passed": true}, {"rule": "no_address", "passed": true}, {"rule": "bot_blocked", "passed": true}, {"rule": "opted_out", "passed": true}, {"rule": "cooldown", "passed": true}, {"rule": "yearly_cap", "passed": true, "asks_in_a_year": 0, "cap": 0}, {"rule": "too_old", "passed": true, "age_seconds": 5, "limit_seconds": 86400}, {"rule": "quiet_hours", "passed": true}]',1795600802000,1795600807000,1795600807000,1795773607000,1795687208000,5,NULL,NULL,NULL,2,1795600808000,NULL,1795687208000,'Nobody called back.',1795600811000,7,6,1795600810000,1795601710000,1795600811000,1795600928000,-1001000000002,4);
INSERT INTO "invitation" VALUES(2,'cE1uRoRHx2tEGg4D82XqkR','telegram_topic','b566cef468379dc7ce9a8a43ea791cac',1,'support_ended','b566cef468379dc7ce9a8a43ea791cac','telegram_topic','support','emoji5','support/emoji5/question/1','support','','59e0dad2686e0d5b9bc215deea9067f2','de','de',1795601114000,1795601113000,0,0,NULL,'59e0dad2686e0d5b9bc215deea9067f2','human',1,2,1,1,0,0,32,NULL,'answered',NULL,'[{"rule": "no_trigger", "passed": true, "trigger": "telegram_topic"}, {"rule": "switched_off", "passed": true}, {"rule": "paused", "passed": true}, {"rule": "spam", "passed": true}, {"rule": "group", "passed": true}, {"rule": "staff", "passed": true}, {"rule": "test_account", "passed": true}, {"rule": "no_address", "passed": true}, {"rule": "bot_blocked", "passed": true}, {"rule": "opted_out", "passed": true}, {"rule": "blocked_tag", "passed": true}, {"rule": "no_human_reply", "passed": true, "agent_messages": 1}, {"rule": "timed_out", "passed": true, "silence_seconds": 1}, {"rule": "too_short", "passed": true, "customer_messages": 1, "minimum_messages": 0, "characters": 32, "minimum_characters": 0, "language": "de"}, {"rule": "sampled_out", "passed": true, "sample": 18.98, "rate": 100.0}, {"rule": "cooldown", "passed": true}, {"rule": "yearly_cap", "passed": true, "asks_in_a_year": 0, "cap": 0}, {"rule": "too_old", "passed": true, "age_seconds": 0, "limit_seconds": 86400}, {"rule": "quiet_hours", "passed": true}]',1795601119000,'[{"rule": "no_trigger", "passed": true, "trigger": "telegram_topic"}, {"rule": "switched_off", "passed": true}, {"rule": "paused", "passed": true}, {"rule": "no_address", "passed": true}, {"rule": "bot_blocked", "passed": true}, {"rule": "opted_out", "passed": true}, {"rule": "cooldown", "passed": true}, {"rule": "yearly_cap", "passed": true, "asks_in_a_year": 0, "cap": 0}, {"rule": "too_old", "passed": true, "age_seconds": 5, "limit_seconds": 86400}, {"rule": "quiet_hours", "passed": true}]',1795601114000,1795601119000,1795601119000,1795773919000,1795687520000,5,NULL,NULL,NULL,5,1795601120000,NULL,1795687520000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "invitation" VALUES(3,'tC6DJ5FHdNU53YxApwauvx','telegram_topic','75ebe0facaaf7c8f04ac7014b040b94f',1,'support_ended','75ebe0facaaf7c8f04ac7014b040b94f','telegram_topic','support','emoji5','support/emoji5/question/1','support','','59e0dad2686e0d5b9bc215deea9067f2','zh-Hans','zh-hans',1795601123000,1795601122000,0,0,NULL,'59e0dad2686e0d5b9bc215deea9067f2','human',1,2,1,1,0,0,32,NULL,'sent',NULL,'[{"rule": "no_trigger", "passed": true, "trigger": "telegram_topic"}, {"rule": "switched_off", "passed": true}, {"rule": "paused", "passed": true}, {"rule": "spam", "passed": true}, {"rule": "group", "passed": true}, {"rule": "staff", "passed": true}, {"rule": "test_account", "passed": true}, {"rule": "no_address", "passed": true}, {"rule": "bot_blocked", "passed": true}, {"rule": "opted_out", "passed": true}, {"rule": "blocked_tag", "passed": true}, {"rule": "no_human_reply", "passed": true, "agent_messages": 1}, {"rule": "timed_out", "passed": true, "silence_seconds": 1}, {"rule": "too_short", "passed": true, "customer_messages": 1, "minimum_messages": 0, "characters": 32, "minimum_characters": 0, "language": "zh-hans"}, {"rule": "sampled_out", "passed": true, "sample": 27.62, "rate": 100.0}, {"rule": "cooldown", "passed": true}, {"rule": "yearly_cap", "passed": true, "asks_in_a_year": 0, "cap": 0}, {"rule": "too_old", "passed": true, "age_seconds": 0, "limit_seconds": 86400}, {"rule": "quiet_hours", "passed": true}]',1795601128000,'[{"rule": "no_trigger", "passed": true, "trigger": "telegram_topic"}, {"rule": "switched_off", "passed": true}, {"rule": "paused", "passed": true}, {"rule": "no_address", "passed": true}, {"rule": "bot_blocked", "passed": true}, {"rule": "opted_out", "passed": true}, {"rule": "cooldown", "passed": true}, {"rule": "yearly_cap", "passed": true, "asks_in_a_year": 0, "cap": 0}, {"rule": "too_old", "passed": true, "age_seconds": 5, "limit_seconds": 86400}, {"rule": "quiet_hours", "passed": true}]',1795601123000,1795601128000,1795601128000,1795773928000,NULL,5,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "invitation" VALUES(4,'YrFp6Bf0OSHqpuv4wxcCFo','generic','play-helpdesk/105-1',1,'support_ended','120b11361a58d790df78fe3dae6799f8','generic','support','emoji5','support/emoji5/question/1','support','billing','7','es',NULL,1795601129000,NULL,0,0,NULL,'agent','human',NULL,NULL,4,3,NULL,NULL,NULL,NULL,'sent',NULL,'[{"rule": "no_trigger", "passed": true, "trigger": "generic"}, {"rule": "switched_off", "passed": true}, {"rule": "paused", "passed": true}, {"rule": "spam", "passed": true}, {"rule": "group", "passed": true}, {"rule": "staff", "passed": true}, {"rule": "test_account", "passed": true}, {"rule": "no_address", "passed": true}, {"rule": "bot_blocked", "passed": true}, {"rule": "opted_out", "passed": true}, {"rule": "blocked_tag", "passed": true}, {"rule": "no_human_reply", "passed": true, "agent_messages": 3}, {"rule": "timed_out", "passed": true}, {"rule": "too_short", "passed": true, "customer_messages": 4, "minimum_messages": 0, "characters": null, "minimum_characters": 0, "language": "es"}, {"rule": "sampled_out", "passed": true, "sample": 90.07, "rate": 100.0}, {"rule": "cooldown", "passed": true}, {"rule": "yearly_cap", "passed": true, "asks_in_a_year": 0, "cap": 0}, {"rule": "too_old", "passed": true, "age_seconds": 0, "limit_seconds": 86400}, {"rule": "quiet_hours", "passed": true}]',1795601134000,'[{"rule": "no_trigger", "passed": true, "trigger": "generic"}, {"rule": "switched_off", "passed": true}, {"rule": "paused", "passed": true}, {"rule": "no_address", "passed": true}, {"rule": "bot_blocked", "passed": true}, {"rule": "opted_out", "passed": true}, {"rule": "cooldown", "passed": true}, {"rule": "yearly_cap", "passed": true, "asks_in_a_year": 0, "cap": 0}, {"rule": "too_old", "passed": true, "age_seconds": 5, "limit_seconds": 86400}, {"rule": "quiet_hours", "passed": true}]',1795601129000,1795601134000,1795601134000,1795773934000,NULL,3,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "invitation" VALUES(5,'SmFy93N1Lp4itnj0DJjDHW','generic','play-helpdesk/1-2',1,'support_ended',NULL,'generic','support','emoji5','support/emoji5/question/1','support','','7','',NULL,1795601129000,NULL,0,0,NULL,'agent','human',NULL,NULL,4,3,NULL,NULL,NULL,NULL,'skipped','no_address','[{"rule": "no_trigger", "passed": true, "trigger": "generic"}, {"rule": "switched_off", "passed": true}, {"rule": "paused", "passed": true}, {"rule": "spam", "passed": true}, {"rule": "group", "passed": true}, {"rule": "staff", "passed": true}, {"rule": "test_account", "passed": true}, {"rule": "no_address", "passed": false}, {"rule": "bot_blocked", "passed": true}, {"rule": "opted_out", "passed": true}, {"rule": "blocked_tag", "passed": true}, {"rule": "no_human_reply", "passed": true, "agent_messages": 3}, {"rule": "timed_out", "passed": true}, {"rule": "too_short", "passed": true, "customer_messages": 4, "minimum_messages": 0, "characters": null, "minimum_characters": 0, "language": ""}, {"rule": "sampled_out", "passed": true, "sample": 67.27, "rate": 100.0}, {"rule": "cooldown", "passed": true}, {"rule": "yearly_cap", "passed": true, "asks_in_a_year": 0, "cap": 0}, {"rule": "too_old", "passed": true, "age_seconds": 0, "limit_seconds": 86400}, {"rule": "quiet_hours", "passed": true}]',NULL,NULL,1795601129000,NULL,NULL,NULL,1795601129000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "invitation" VALUES(6,'c5GvfBqjQuJBtLorH5IS0t','telegram_topic','9f40b97b6cf939828bc1c1390e4e5c78',2,'support_ended','9f40b97b6cf939828bc1c1390e4e5c78','telegram_topic','support','emoji5','support/emoji5/question/1','support','','59e0dad2686e0d5b9bc215deea9067f2','en','en',1795687533000,1795687532000,0,0,NULL,'59e0dad2686e0d5b9bc215deea9067f2','human',1,2,1,1,1,0,27,NULL,'scheduled',NULL,'[{"rule": "no_trigger", "passed": true, "trigger": "telegram_topic"}, {"rule": "switched_off", "passed": true}, {"rule": "paused", "passed": true}, {"rule": "spam", "passed": true}, {"rule": "group", "passed": true}, {"rule": "staff", "passed": true}, {"rule": "test_account", "passed": true}, {"rule": "no_address", "passed": true}, {"rule": "bot_blocked", "passed": true}, {"rule": "opted_out", "passed": true}, {"rule": "blocked_tag", "passed": true}, {"rule": "no_human_reply", "passed": true, "agent_messages": 1}, {"rule": "timed_out", "passed": true, "silence_seconds": 1}, {"rule": "too_short", "passed": true, "customer_messages": 1, "minimum_messages": 0, "characters": 27, "minimum_characters": 0, "language": "en"}, {"rule": "sampled_out", "passed": true, "sample": 65.2, "rate": 100.0}, {"rule": "cooldown", "passed": true, "last_ask": "2026-11-25T10:00:07+00:00", "until": "2026-11-25T10:00:07+00:00", "ignored_in_a_row": 0}, {"rule": "yearly_cap", "passed": true, "asks_in_a_year": 1, "cap": 0}, {"rule": "too_old", "passed": true, "age_seconds": 0, "limit_seconds": 86400}, {"rule": "quiet_hours", "passed": true}]',NULL,NULL,1795687533000,1795687538000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE invitation_reason (                 
  invitation_id INTEGER NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
  reason TEXT NOT NULL,
  PRIMARY KEY (invitation_id, reason)
) STRICT;
INSERT INTO "invitation_reason" VALUES(1,'wait');
CREATE TABLE invitation_tag (
  invitation_id INTEGER NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
  tag TEXT NOT NULL,
  PRIMARY KEY (invitation_id, tag)
) STRICT;
INSERT INTO "invitation_tag" VALUES(4,'refund');
CREATE TABLE live_message (                      
  chat_id INTEGER PRIMARY KEY,
  message_id INTEGER,                              
  token TEXT NOT NULL,                           
  has_picture INTEGER NOT NULL,
  shown TEXT NOT NULL,                           
  edited_at INTEGER NOT NULL
) STRICT;
INSERT INTO "live_message" VALUES(-1001000000002,2,'U2tEdrzOB1dW4ZPs5Ne8DV',1,'e5627e0b158a38910cf17f50cc7c60f83bbafedd31071bbfa58c0e72e8f02cb8',1795687520000);
CREATE TABLE message_link (                      
  customer_key TEXT NOT NULL,
  customer_message_id INTEGER NOT NULL,
  forum_chat_id INTEGER NOT NULL,
  forum_message_id INTEGER NOT NULL,
  from_customer INTEGER NOT NULL,
  kind TEXT NOT NULL,                            
  file TEXT NOT NULL DEFAULT '',                 
  at INTEGER NOT NULL,
  PRIMARY KEY (customer_key, customer_message_id, forum_message_id)
) STRICT;
INSERT INTO "message_link" VALUES('9f40b97b6cf939828bc1c1390e4e5c78',3,-1001000000001,4,1,'text','',1795600800000);
INSERT INTO "message_link" VALUES('9f40b97b6cf939828bc1c1390e4e5c78',4,-1001000000001,5,0,'text','',1795600801000);
INSERT INTO "message_link" VALUES('b566cef468379dc7ce9a8a43ea791cac',3,-1001000000001,10,1,'text','',1795601112000);
INSERT INTO "message_link" VALUES('b566cef468379dc7ce9a8a43ea791cac',4,-1001000000001,11,0,'text','',1795601113000);
INSERT INTO "message_link" VALUES('75ebe0facaaf7c8f04ac7014b040b94f',3,-1001000000001,16,1,'text','',1795601121000);
INSERT INTO "message_link" VALUES('75ebe0facaaf7c8f04ac7014b040b94f',4,-1001000000001,17,0,'text','',1795601122000);
INSERT INTO "message_link" VALUES('9f40b97b6cf939828bc1c1390e4e5c78',8,-1001000000001,21,1,'text','',1795687531000);
INSERT INTO "message_link" VALUES('9f40b97b6cf939828bc1c1390e4e5c78',9,-1001000000001,22,0,'text','',1795687532000);
CREATE TABLE outbox (                            
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,                            
  priority INTEGER NOT NULL,                       
  lane TEXT NOT NULL,                            
  method TEXT NOT NULL,
  payload TEXT,                                  
  file BLOB, file_field TEXT, file_name TEXT,
  customer_key TEXT,                             
  chat_id INTEGER,                                 
  topic_of TEXT,                                 
  invitation_id INTEGER,
  subject TEXT,                                  
  coalesce_key TEXT,                             
  state TEXT NOT NULL CHECK (state IN ('waiting','sending','sent','failed','unknown')),
  not_before INTEGER NOT NULL,
  give_up_at INTEGER,                              
  attempts INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  claimed_at INTEGER, lease TEXT,
  finished_at INTEGER,
  message_id INTEGER,
  last_error TEXT
) STRICT;
INSERT INTO "outbox" VALUES(1,'menu',60,'bot','setMyCommands',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'menu:all_private_chats:','sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,NULL,NULL);
INSERT INTO "outbox" VALUES(2,'menu',60,'bot','setMyCommands',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'menu:all_private_chats:en','sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,NULL,NULL);
INSERT INTO "outbox" VALUES(3,'menu',60,'bot','setMyCommands',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'menu:all_private_chats:ar','sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,NULL,NULL);
INSERT INTO "outbox" VALUES(4,'menu',60,'bot','setMyCommands',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'menu:all_private_chats:de','sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,NULL,NULL);
INSERT INTO "outbox" VALUES(5,'menu',60,'bot','setMyCommands',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'menu:all_private_chats:es','sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,NULL,NULL);
INSERT INTO "outbox" VALUES(6,'menu',60,'bot','setMyCommands',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'menu:all_private_chats:fr','sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,NULL,NULL);
INSERT INTO "outbox" VALUES(7,'menu',60,'bot','setMyCommands',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'menu:all_private_chats:hi','sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,NULL,NULL);
INSERT INTO "outbox" VALUES(8,'menu',60,'bot','setMyCommands',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'menu:all_private_chats:id','sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,NULL,NULL);
INSERT INTO "outbox" VALUES(9,'menu',60,'bot','setMyCommands',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'menu:all_private_chats:ja','sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,NULL,NULL);
INSERT INTO "outbox" VALUES(10,'menu',60,'bot','setMyCommands',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'menu:all_private_chats:pt','sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,NULL,NULL);
INSERT INTO "outbox" VALUES(11,'menu',60,'bot','setMyCommands',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'menu:all_private_chats:ru','sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,NULL,NULL);
INSERT INTO "outbox" VALUES(12,'menu',60,'bot','setMyCommands',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'menu:all_private_chats:tr','sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,NULL,NULL);
INSERT INTO "outbox" VALUES(13,'menu',60,'bot','setMyCommands',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'menu:all_private_chats:zh','sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,NULL,NULL);
INSERT INTO "outbox" VALUES(14,'menu',60,'bot','setMyCommands',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'menu:-1001000000001:','sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,NULL,NULL);
INSERT INTO "outbox" VALUES(15,'menu',60,'bot','setMyCommands',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'menu:-1001000000002:','sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,NULL,NULL);
INSERT INTO "outbox" VALUES(16,'live',50,'s:-1001000000002:0','sendPhoto',NULL,NULL,'photo','ces.png',NULL,-1001000000002,NULL,NULL,'U2tEdrzOB1dW4ZPs5Ne8DV',NULL,'sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,2,NULL);
INSERT INTO "outbox" VALUES(17,'pin',50,'s:-1001000000002:0','pinChatMessage',NULL,NULL,NULL,NULL,NULL,-1001000000002,NULL,NULL,NULL,'pin:-1001000000002','sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,NULL,NULL);
INSERT INTO "outbox" VALUES(18,'reply',20,'c:9f40b97b6cf939828bc1c1390e4e5c78','sendMessage',NULL,NULL,NULL,NULL,'9f40b97b6cf939828bc1c1390e4e5c78',NULL,NULL,NULL,NULL,NULL,'sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,2,NULL);
INSERT INTO "outbox" VALUES(19,'reply',20,'c:75ebe0facaaf7c8f04ac7014b040b94f','sendMessage',NULL,NULL,NULL,NULL,'75ebe0facaaf7c8f04ac7014b040b94f',NULL,NULL,NULL,NULL,NULL,'sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,2,NULL);
INSERT INTO "outbox" VALUES(20,'reply',20,'c:68a0132d13a9d8ccbd3d402cc7a5ea43','sendMessage',NULL,NULL,NULL,NULL,'68a0132d13a9d8ccbd3d402cc7a5ea43',NULL,NULL,NULL,NULL,NULL,'sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,2,NULL);
INSERT INTO "outbox" VALUES(21,'reply',20,'c:b566cef468379dc7ce9a8a43ea791cac','sendMessage',NULL,NULL,NULL,NULL,'b566cef468379dc7ce9a8a43ea791cac',NULL,NULL,NULL,NULL,NULL,'sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,2,NULL);
INSERT INTO "outbox" VALUES(22,'reply',20,'c:120b11361a58d790df78fe3dae6799f8','sendMessage',NULL,NULL,NULL,NULL,'120b11361a58d790df78fe3dae6799f8',NULL,NULL,NULL,NULL,NULL,'sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,2,NULL);
INSERT INTO "outbox" VALUES(23,'reply',20,'c:a16e4afd7403d5f624c474242e2918bd','sendMessage',NULL,NULL,NULL,NULL,'a16e4afd7403d5f624c474242e2918bd',NULL,NULL,NULL,NULL,NULL,'sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,2,NULL);
INSERT INTO "outbox" VALUES(24,'menu',60,'bot','setMyCommands',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'menu:900:','sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,NULL,NULL);
INSERT INTO "outbox" VALUES(25,'topic',20,'t:9f40b97b6cf939828bc1c1390e4e5c78','createForumTopic',NULL,NULL,NULL,NULL,NULL,NULL,'9f40b97b6cf939828bc1c1390e4e5c78',NULL,'open',NULL,'sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,NULL,NULL);
INSERT INTO "outbox" VALUES(26,'relay',20,'t:9f40b97b6cf939828bc1c1390e4e5c78','sendMessage',NULL,NULL,NULL,NULL,NULL,NULL,'9f40b97b6cf939828bc1c1390e4e5c78',NULL,'["note",0,[],null]',NULL,'sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,3,NULL);
INSERT INTO "outbox" VALUES(27,'relay',20,'t:9f40b97b6cf939828bc1c1390e4e5c78','copyMessage',NULL,NULL,NULL,NULL,NULL,NULL,'9f40b97b6cf939828bc1c1390e4e5c78',NULL,'["copy",1,[[3,"text",""]],null]',NULL,'sent',1795600800000,NULL,1,1795600800000,1795600800000,NULL,1795600800000,4,NULL);
INSERT INTO "outbox" VALUES(28,'relay',20,'c:9f40b97b6cf939828bc1c1390e4e5c78','copyMessage',NULL,NULL,NULL,NULL,'9f40b97b6cf939828bc1c1390e4e5c78',NULL,NULL,NULL,'["copy",0,[[5,"text",""]],null]',NULL,'sent',1795600801000,NULL,1,1795600801000,1795600801000,NULL,1795600801000,4,NULL);
INSERT INTO "outbox" VALUES(29,'question',30,'c:9f40b97b6cf939828bc1c1390e4e5c78','sendMessage',NULL,NULL,NULL,NULL,'9f40b97b6cf939828bc1c1390e4e5c78',NULL,NULL,1,NULL,NULL,'sent',1795600807000,1795687202000,1,1795600807000,1795600807000,NULL,1795600807000,5,NULL);
INSERT INTO "outbox" VALUES(30,'notice',35,'t:9f40b97b6cf939828bc1c1390e4e5c78','sendMessage',NULL,NULL,NULL,NULL,NULL,NULL,'9f40b97b6cf939828bc1c1390e4e5c78',NULL,NULL,NULL,'sent',1795600807000,NULL,1,1795600807000,1795600807000,NULL,1795600807000,7,NULL);
INSERT INTO "outbox" VALUES(31,'edit',10,'c:9f40b97b6cf939828bc1c1390e4e5c78','editMessageText',NULL,NULL,NULL,NULL,'9f40b97b6cf939828bc1c1390e4e5c78',NULL,NULL,1,NULL,'question:1','sent',1795600808000,NULL,1,1795600808000,1795600808000,NULL,1795600808000,5,NULL);
INSERT INTO "outbox" VALUES(32,'edit',10,'c:9f40b97b6cf939828bc1c1390e4e5c78','editMessageText',NULL,NULL,NULL,NULL,'9f40b97b6cf939828bc1c1390e4e5c78',NULL,NULL,1,NULL,'question:1','sent',1795600809000,NULL,1,1795600809000,1795600809000,NULL,1795600809000,5,NULL);
INSERT INTO "outbox" VALUES(33,'prompt',10,'c:9f40b97b6cf939828bc1c1390e4e5c78','sendMessage',NULL,NULL,NULL,NULL,'9f40b97b6cf939828bc1c1390e4e5c78',NULL,NULL,1,NULL,NULL,'sent',1795600810000,NULL,1,1795600810000,1795600810000,NULL,1795600810000,6,NULL);
INSERT INTO "outbox" VALUES(34,'edit',10,'c:9f40b97b6cf939828bc1c1390e4e5c78','editMessageText',NULL,NULL,NULL,NULL,'9f40b97b6cf939828bc1c1390e4e5c78',NULL,NULL,1,NULL,'question:1','sent',1795600810000,NULL,1,1795600810000,1795600810000,NULL,1795600810000,5,NULL);
INSERT INTO "outbox" VALUES(35,'edit',10,'c:9f40b97b6cf939828bc1c1390e4e5c78','editMessageText',NULL,NULL,NULL,NULL,'9f40b97b6cf939828bc1c1390e4e5c78',NULL,NULL,1,NULL,'prompt:1','sent',1795600811000,NULL,1,1795600811000,1795600811000,NULL,1795600811000,6,NULL);
INSERT INTO "outbox" VALUES(36,'edit',10,'c:9f40b97b6cf939828bc1c1390e4e5c78','editMessageText',NULL,NULL,NULL,NULL,'9f40b97b6cf939828bc1c1390e4e5c78',NULL,NULL,1,NULL,'question:1','sent',1795600811000,NULL,1,1795600811000,1795600811000,NULL,1795600811000,NULL,NULL);
INSERT INTO "outbox" VALUES(37,'view',35,'s:-1001000000002:0','editMessageMedia',NULL,NULL,'photo','ces.png',NULL,-1001000000002,NULL,NULL,'U2tEdrzOB1dW4ZPs5Ne8DV','live:-1001000000002','sent',1795600860000,NULL,1,1795600860000,1795600860000,NULL,1795600860000,2,NULL);
INSERT INTO "outbox" VALUES(38,'alert',40,'s:-1001000000002:0','sendMessage',NULL,NULL,NULL,NULL,NULL,-1001000000002,NULL,1,NULL,NULL,'sent',1795600928000,NULL,1,1795600928000,1795600928000,NULL,1795600928000,4,NULL);
INSERT INTO "outbox" VALUES(39,'topic',20,'t:b566cef468379dc7ce9a8a43ea791cac','createForumTopic',NULL,NULL,NULL,NULL,NULL,NULL,'b566cef468379dc7ce9a8a43ea791cac',NULL,'open',NULL,'sent',1795601112000,NULL,1,1795601112000,1795601112000,NULL,1795601112000,NULL,NULL);
INSERT INTO "outbox" VALUES(40,'relay',20,'t:b566cef468379dc7ce9a8a43ea791cac','sendMessage',NULL,NULL,NULL,NULL,NULL,NULL,'b566cef468379dc7ce9a8a43ea791cac',NULL,'["note",0,[],null]',NULL,'sent',1795601112000,NULL,1,1795601112000,1795601112000,NULL,1795601112000,9,NULL);
INSERT INTO "outbox" VALUES(41,'relay',20,'t:b566cef468379dc7ce9a8a43ea791cac','copyMessage',NULL,NULL,NULL,NULL,NULL,NULL,'b566cef468379dc7ce9a8a43ea791cac',NULL,'["copy",1,[[3,"text",""]],null]',NULL,'sent',1795601112000,NULL,1,1795601112000,1795601112000,NULL,1795601112000,10,NULL);
INSERT INTO "outbox" VALUES(42,'relay',20,'c:b566cef468379dc7ce9a8a43ea791cac','copyMessage',NULL,NULL,NULL,NULL,'b566cef468379dc7ce9a8a43ea791cac',NULL,NULL,NULL,'["copy",0,[[11,"text",""]],null]',NULL,'sent',1795601113000,NULL,1,1795601113000,1795601113000,NULL,1795601113000,4,NULL);
INSERT INTO "outbox" VALUES(43,'question',30,'c:b566cef468379dc7ce9a8a43ea791cac','sendMessage',NULL,NULL,NULL,NULL,'b566cef468379dc7ce9a8a43ea791cac',NULL,NULL,2,NULL,NULL,'sent',1795601119000,1795687514000,1,1795601119000,1795601119000,NULL,1795601119000,5,NULL);
INSERT INTO "outbox" VALUES(44,'notice',35,'t:b566cef468379dc7ce9a8a43ea791cac','sendMessage',NULL,NULL,NULL,NULL,NULL,NULL,'b566cef468379dc7ce9a8a43ea791cac',NULL,NULL,NULL,'sent',1795601119000,NULL,1,1795601119000,1795601119000,NULL,1795601119000,13,NULL);
INSERT INTO "outbox" VALUES(45,'edit',10,'c:b566cef468379dc7ce9a8a43ea791cac','editMessageText',NULL,NULL,NULL,NULL,'b566cef468379dc7ce9a8a43ea791cac',NULL,NULL,2,NULL,'question:2','sent',1795601120000,NULL,1,1795601120000,1795601120000,NULL,1795601120000,5,NULL);
INSERT INTO "outbox" VALUES(46,'view',35,'s:-1001000000002:0','editMessageMedia',NULL,NULL,'photo','ces.png',NULL,-1001000000002,NULL,NULL,'U2tEdrzOB1dW4ZPs5Ne8DV','live:-1001000000002','sent',1795601120000,NULL,1,1795601120000,1795601120000,NULL,1795601120000,2,NULL);
INSERT INTO "outbox" VALUES(47,'topic',20,'t:75ebe0facaaf7c8f04ac7014b040b94f','createForumTopic',NULL,NULL,NULL,NULL,NULL,NULL,'75ebe0facaaf7c8f04ac7014b040b94f',NULL,'open',NULL,'sent',1795601121000,NULL,1,1795601121000,1795601121000,NULL,1795601121000,NULL,NULL);
INSERT INTO "outbox" VALUES(48,'relay',20,'t:75ebe0facaaf7c8f04ac7014b040b94f','sendMessage',NULL,NULL,NULL,NULL,NULL,NULL,'75ebe0facaaf7c8f04ac7014b040b94f',NULL,'["note",0,[],null]',NULL,'sent',1795601121000,NULL,1,1795601121000,1795601121000,NULL,1795601121000,15,NULL);
INSERT INTO "outbox" VALUES(49,'relay',20,'t:75ebe0facaaf7c8f04ac7014b040b94f','copyMessage',NULL,NULL,NULL,NULL,NULL,NULL,'75ebe0facaaf7c8f04ac7014b040b94f',NULL,'["copy",1,[[3,"text",""]],null]',NULL,'sent',1795601121000,NULL,1,1795601121000,1795601121000,NULL,1795601121000,16,NULL);
INSERT INTO "outbox" VALUES(50,'relay',20,'c:75ebe0facaaf7c8f04ac7014b040b94f','copyMessage',NULL,NULL,NULL,NULL,'75ebe0facaaf7c8f04ac7014b040b94f',NULL,NULL,NULL,'["copy",0,[[17,"text",""]],null]',NULL,'sent',1795601122000,NULL,1,1795601122000,1795601122000,NULL,1795601122000,4,NULL);
INSERT INTO "outbox" VALUES(51,'question',30,'c:75ebe0facaaf7c8f04ac7014b040b94f','sendMessage',NULL,NULL,NULL,NULL,'75ebe0facaaf7c8f04ac7014b040b94f',NULL,NULL,3,NULL,NULL,'sent',1795601128000,1795687523000,1,1795601128000,1795601128000,NULL,1795601128000,5,NULL);
INSERT INTO "outbox" VALUES(52,'notice',35,'t:75ebe0facaaf7c8f04ac7014b040b94f','sendMessage',NULL,NULL,NULL,NULL,NULL,NULL,'75ebe0facaaf7c8f04ac7014b040b94f',NULL,NULL,NULL,'sent',1795601128000,NULL,1,1795601128000,1795601128000,NULL,1795601128000,19,NULL);
INSERT INTO "outbox" VALUES(53,'reply',20,'c:a16e4afd7403d5f624c474242e2918bd','sendMessage',NULL,NULL,NULL,NULL,'a16e4afd7403d5f624c474242e2918bd',NULL,NULL,NULL,NULL,NULL,'sent',1795601129000,NULL,1,1795601129000,1795601129000,NULL,1795601129000,4,NULL);
INSERT INTO "outbox" VALUES(54,'reply',20,'c:a16e4afd7403d5f624c474242e2918bd','sendMessage',NULL,NULL,NULL,NULL,'a16e4afd7403d5f624c474242e2918bd',NULL,NULL,NULL,NULL,NULL,'sent',1795601130000,NULL,1,1795601130000,1795601130000,NULL,1795601130000,6,NULL);
INSERT INTO "outbox" VALUES(55,'question',30,'c:120b11361a58d790df78fe3dae6799f8','sendMessage',NULL,NULL,NULL,NULL,'120b11361a58d790df78fe3dae6799f8',NULL,NULL,4,NULL,NULL,'sent',1795601134000,1795687529000,1,1795601134000,1795601134000,NULL,1795601134000,3,NULL);
INSERT INTO "outbox" VALUES(56,'view',35,'s:-1001000000002:0','editMessageMedia',NULL,NULL,'photo','ces.png',NULL,-1001000000002,NULL,NULL,'U2tEdrzOB1dW4ZPs5Ne8DV','live:-1001000000002','sent',1795604720000,NULL,1,1795604720000,1795604720000,NULL,1795604720000,2,NULL);
INSERT INTO "outbox" VALUES(57,'summary',50,'s:-1001000000002:0','sendPhoto',NULL,NULL,'photo','ces.png',NULL,-1001000000002,NULL,NULL,'{"report": 1, "quotes": [], "is_rest": false}',NULL,'sent',1795683600000,NULL,1,1795683600000,1795683600000,NULL,1795683600000,5,NULL);
INSERT INTO "outbox" VALUES(58,'edit',10,'c:9f40b97b6cf939828bc1c1390e4e5c78','editMessageText',NULL,NULL,NULL,NULL,'9f40b97b6cf939828bc1c1390e4e5c78',NULL,NULL,1,NULL,'question:1','sent',1795687208000,NULL,1,1795687208000,1795687208000,NULL,1795687208000,5,NULL);
INSERT INTO "outbox" VALUES(59,'edit',10,'c:b566cef468379dc7ce9a8a43ea791cac','editMessageText',NULL,NULL,NULL,NULL,'b566cef468379dc7ce9a8a43ea791cac',NULL,NULL,2,NULL,'question:2','sent',1795687520000,NULL,1,1795687520000,1795687520000,NULL,1795687520000,5,NULL);
INSERT INTO "outbox" VALUES(60,'view',35,'s:-1001000000002:0','editMessageMedia',NULL,NULL,'photo','ces.png',NULL,-1001000000002,NULL,NULL,'U2tEdrzOB1dW4ZPs5Ne8DV','live:-1001000000002','sent',1795687520000,NULL,1,1795687520000,1795687520000,NULL,1795687520000,2,NULL);
INSERT INTO "outbox" VALUES(61,'relay',20,'t:9f40b97b6cf939828bc1c1390e4e5c78','reopenForumTopic',NULL,NULL,NULL,NULL,NULL,NULL,'9f40b97b6cf939828bc1c1390e4e5c78',NULL,'["reopen",0,[],null]',NULL,'sent',1795687531000,NULL,1,1795687531000,1795687531000,NULL,1795687531000,NULL,NULL);
INSERT INTO "outbox" VALUES(62,'relay',20,'t:9f40b97b6cf939828bc1c1390e4e5c78','copyMessage',NULL,NULL,NULL,NULL,NULL,NULL,'9f40b97b6cf939828bc1c1390e4e5c78',NULL,'["copy",1,[[8,"text",""]],null]',NULL,'sent',1795687531000,NULL,1,1795687531000,1795687531000,NULL,1795687531000,21,NULL);
INSERT INTO "outbox" VALUES(63,'relay',20,'c:9f40b97b6cf939828bc1c1390e4e5c78','copyMessage',NULL,NULL,NULL,NULL,'9f40b97b6cf939828bc1c1390e4e5c78',NULL,NULL,NULL,'["copy",0,[[22,"text",""]],null]',NULL,'sent',1795687532000,NULL,1,1795687532000,1795687532000,NULL,1795687532000,9,NULL);
CREATE TABLE reopening (                         
  source TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (source, conversation_id)
) STRICT;
CREATE TABLE report (                            
  id INTEGER PRIMARY KEY,
  schedule TEXT NOT NULL,                        
  chat_id INTEGER NOT NULL,
  thread_id INTEGER,
  to_at INTEGER NOT NULL, as_of INTEGER NOT NULL,
  figures TEXT NOT NULL,                         
  message_id INTEGER,
  rest_message_id INTEGER,                         
  UNIQUE (schedule, chat_id, to_at)
) STRICT;
INSERT INTO "report" VALUES(1,'daily',-1001000000002,NULL,1795683600000,1795683600000,'{"summary": {"as_of": "2026-11-26T09:00:00+00:00", "minimum_answers": 5, "windows": [{"window": {"from_at": "2026-11-25T09:00:00+00:00", "to_at": "2026-11-26T09:00:00+00:00"}, "series": [{"series": "support/emoji5/question/1", "score": {"scale_name": "emoji5", "by_option": [0, 1, 0, 0, 1], "n": 2, "tier": "hidden", "mean": 3.5, "median": 3.5, "interval": {"low": 1.8376666563040196, "high": 4.622438690622623}, "easy": {"count": 1, "n": 2, "value": 0.5, "interval": {"low": 0.09453120573423074, "high": 0.9054687942657693}}, "hard": {"count": 1, "n": 2, "value": 0.5, "interval": {"low": 0.09453120573423074, "high": 0.9054687942657693}}, "net_easy": 0.0, "net_easy_interval": {"low": -84.36792682620059, "high": 84.36792682620057}}, "verdict": {"outcome": "no_comparison", "n_now": 2, "n_before": 0, "margin": 0.3, "now": null, "before": null, "difference": null, "interval": null}, "is_manual": false, "baseline": null}], "rate": {"count": 0, "n": 0, "value": null, "interval": null}, "coverage": {"count": 2, "n": 5, "value": 0.4, "interval": {"low": 0.11762077423264794, "high": 0.769275718723987}}, "ledger": {"episodes": 5, "answered": 2, "waiting": 2, "expired": 0, "skipped": {"no_address": 1}, "undeliverable": {}, "cancelled": {}}, "n_comments": 1}, {"window": {"from_at": "2026-11-19T09:00:00+00:00", "to_at": "2026-11-26T09:00:00+00:00"}, "series": [{"series": "support/emoji5/question/1", "score": {"scale_name": "emoji5", "by_option": [0, 1, 0, 0, 1], "n": 2, "tier": "hidden", "mean": 3.5, "median": 3.5, "interval": {"low": 1.8376666563040196, "high": 4.622438690622623}, "easy": {"count": 1, "n": 2, "value": 0.5, "interval": {"low": 0.09453120573423074, "high": 0.9054687942657693}}, "hard": {"count": 1, "n": 2, "value": 0.5, "interval": {"low": 0.09453120573423074, "high": 0.9054687942657693}}, "net_easy": 0.0, "net_easy_interval": {"low": -84.36792682620059, "high": 84.36792682620057}}, "verdict": {"outcome": "no_comparison", "n_now": 2, "n_before": 0, "margin": 0.3, "now": null, "before": null, "difference": null, "interval": null}, "is_manual": false, "baseline": null}], "rate": {"count": 0, "n": 0, "value": null, "interval": null}, "coverage": {"count": 2, "n": 5, "value": 0.4, "interval": {"low": 0.11762077423264794, "high": 0.769275718723987}}, "ledger": {"episodes": 5, "answered": 2, "waiting": 2, "expired": 0, "skipped": {"no_address": 1}, "undeliverable": {}, "cancelled": {}}, "n_comments": 1}, {"window": {"from_at": "2026-10-27T09:00:00+00:00", "to_at": "2026-11-26T09:00:00+00:00"}, "series": [{"series": "support/emoji5/question/1", "score": {"scale_name": "emoji5", "by_option": [0, 1, 0, 0, 1], "n": 2, "tier": "hidden", "mean": 3.5, "median": 3.5, "interval": {"low": 1.8376666563040196, "high": 4.622438690622623}, "easy": {"count": 1, "n": 2, "value": 0.5, "interval": {"low": 0.09453120573423074, "high": 0.9054687942657693}}, "hard": {"count": 1, "n": 2, "value": 0.5, "interval": {"low": 0.09453120573423074, "high": 0.9054687942657693}}, "net_easy": 0.0, "net_easy_interval": {"low": -84.36792682620059, "high": 84.36792682620057}}, "verdict": {"outcome": "no_comparison", "n_now": 2, "n_before": 0, "margin": 0.3, "now": null, "before": null, "difference": null, "interval": null}, "is_manual": false, "baseline": null}], "rate": {"count": 0, "n": 0, "value": null, "interval": null}, "coverage": {"count": 2, "n": 5, "value": 0.4, "interval": {"low": 0.11762077423264794, "high": 0.769275718723987}}, "ledger": {"episodes": 5, "answered": 2, "waiting": 2, "expired": 0, "skipped": {"no_address": 1}, "undeliverable": {}, "cancelled": {}}, "n_comments": 1}], "trend": [{"day": "2026-10-29", "n": 0, "value": null, "interval": null}, {"day": "2026-10-30", "n": 0, "value": null, "interval": null}, {"day": "2026-10-31", "n": 0, "value": null, "interval": null}, {"day": "2026-11-01", "n": 0, "value": null, "interval": null}, {"day": "2026-11-02", "n": 0, "value": null, "interval": null}, {"day": "2026-11-03", "n": 0, "value": null, "interval": null}, {"day": "2026-11-04", "n": 0, "value": null, "interval": null}, {"day": "2026-11-05", "n": 0, "value": null, "interval": null}, {"day": "2026-11-06", "n": 0, "value": null, "interval": null}, {"day": "2026-11-07", "n": 0, "value": null, "interval": null}, {"day": "2026-11-08", "n": 0, "value": null, "interval": null}, {"day": "2026-11-09", "n": 0, "value": null, "interval": null}, {"day": "2026-11-10", "n": 0, "value": null, "interval": null}, {"day": "2026-11-11", "n": 0, "value": null, "interval": null}, {"day": "2026-11-12", "n": 0, "value": null, "interval": null}, {"day": "2026-11-13", "n": 0, "value": null, "interval": null}, {"day": "2026-11-14", "n": 0, "value": null, "interval": null}, {"day": "2026-11-15", "n": 0, "value": null, "interval": null}, {"day": "2026-11-16", "n": 0, "value": null, "interval": null}, {"day": "2026-11-17", "n": 0, "value": null, "interval": null}, {"day": "2026-11-18", "n": 0, "value": null, "interval": null}, {"day": "2026-11-19", "n": 0, "value": null, "interval": null}, {"day": "2026-11-20", "n": 0, "value": null, "interval": null}, {"day": "2026-11-21", "n": 0, "value": null, "interval": null}, {"day": "2026-11-22", "n": 0, "value": null, "interval": null}, {"day": "2026-11-23", "n": 0, "value": null, "interval": null}, {"day": "2026-11-24", "n": 0, "value": null, "interval": null}, {"day": "2026-11-25", "n": 2, "value": null, "interval": null}, {"day": "2026-11-26", "n": 2, "value": null, "interval": null}], "trend_scale": "emoji5", "segments": [], "segments_by": "team", "new_question": null, "is_weekly": false, "changed": null}, "names": []}',5,NULL);
CREATE TABLE respondent (                        
  customer_key TEXT PRIMARY KEY,                 
  chat_id INTEGER UNIQUE,                          
  language TEXT,                                 
  opted_out_at INTEGER,
  unreachable_at INTEGER,                          
  last_thread_id INTEGER,                          
  seen_at INTEGER NOT NULL
) STRICT;
INSERT INTO "respondent" VALUES('9f40b97b6cf939828bc1c1390e4e5c78',101,'en',NULL,NULL,NULL,1795687531000);
INSERT INTO "respondent" VALUES('75ebe0facaaf7c8f04ac7014b040b94f',102,'zh-hans',NULL,NULL,NULL,1795601121000);
INSERT INTO "respondent" VALUES('68a0132d13a9d8ccbd3d402cc7a5ea43',103,'ar',NULL,NULL,NULL,1795600800000);
INSERT INTO "respondent" VALUES('b566cef468379dc7ce9a8a43ea791cac',104,'de',NULL,NULL,NULL,1795601112000);
INSERT INTO "respondent" VALUES('120b11361a58d790df78fe3dae6799f8',105,'es',NULL,NULL,NULL,1795600800000);
INSERT INTO "respondent" VALUES('a16e4afd7403d5f624c474242e2918bd',900,'en',NULL,NULL,NULL,1795601130000);
CREATE TABLE response_event (                    
  id INTEGER PRIMARY KEY,
  update_id INTEGER UNIQUE,                        
  invitation_id INTEGER NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('tap','late_tap','reason','comment','edit')),
  value TEXT,
  at INTEGER NOT NULL
) STRICT;
INSERT INTO "response_event" VALUES(1,700000011,1,'tap','2',1795600808000);
INSERT INTO "response_event" VALUES(2,700000012,1,'reason','wait',1795600809000);
INSERT INTO "response_event" VALUES(3,700000014,1,'comment','Nobody called back.',1795600811000);
INSERT INTO "response_event" VALUES(4,700000019,2,'tap','5',1795601120000);
CREATE TABLE setting (                           
  key TEXT PRIMARY KEY,                          
  value TEXT NOT NULL,                           
  changed_at INTEGER NOT NULL,
  changed_by TEXT NOT NULL
) STRICT;
CREATE TABLE staff_button (                      
  token TEXT PRIMARY KEY,
  chat_id INTEGER NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "staff_button" VALUES('U2tEdrzOB1dW4ZPs5Ne8DV',-1001000000002,'explore','live',1795687520000);
INSERT INTO "staff_button" VALUES('CcSBnX6ebehBbe8YGT54qw',900,'pause','',1795601129000);
INSERT INTO "staff_button" VALUES('iJPNb3Dq2kPWF33V6DXA2f',-1001000000002,'explore','1',1795683600000);
CREATE TABLE staff_quote (                       
  chat_id INTEGER NOT NULL,
  message_id INTEGER NOT NULL,
  invitation_id INTEGER NOT NULL,
  PRIMARY KEY (chat_id, message_id, invitation_id)
) STRICT;
INSERT INTO "staff_quote" VALUES(-1001000000002,4,1);
CREATE TABLE staff_view (                        
  chat_id INTEGER NOT NULL,
  message_id INTEGER NOT NULL,
  token TEXT NOT NULL,                           
  shown TEXT NOT NULL,                           
  wanted TEXT,                                   
  pressed_by INTEGER,                              
  pressed_at INTEGER NOT NULL,
  PRIMARY KEY (chat_id, message_id)
) STRICT;
CREATE TABLE switch (                            
  name TEXT PRIMARY KEY,                         
  is_on INTEGER NOT NULL,
  until INTEGER,                                   
  changed_at INTEGER NOT NULL,
  changed_by TEXT NOT NULL
) STRICT;
INSERT INTO "switch" VALUES('pause',0,NULL,1795601130000,'Ada King');
CREATE TABLE timer (                             
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,                            
  subject TEXT NOT NULL,                         
  due_at INTEGER NOT NULL,
  visible_at INTEGER NOT NULL,                     
  attempts INTEGER NOT NULL DEFAULT 0,
  lease TEXT,
  last_error TEXT,
  UNIQUE (kind, subject)
) STRICT;
INSERT INTO "timer" VALUES(1,'report','daily',1795770000000,1795770000000,0,NULL,NULL);
INSERT INTO "timer" VALUES(3,'live','-1001000000002',1795691120000,1795691120000,0,NULL,NULL);
INSERT INTO "timer" VALUES(8,'expire','3',1795773928000,1795773928000,0,NULL,NULL);
INSERT INTO "timer" VALUES(9,'expire','4',1795773934000,1795773934000,0,NULL,NULL);
INSERT INTO "timer" VALUES(10,'housekeeping','housekeeping',1795773600000,1795773600000,0,NULL,NULL);
INSERT INTO "timer" VALUES(11,'ask','6',1795687538000,1795687538000,0,NULL,NULL);
CREATE INDEX delivery_open ON delivery (lane, id) WHERE done_at IS NULL;
CREATE INDEX delivery_received ON delivery (received_at);
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
CREATE INDEX reopening_at ON reopening (at);
CREATE INDEX response_event_invitation ON response_event (invitation_id, kind, id);
CREATE INDEX timer_visible ON timer (visible_at);
CREATE INDEX outbox_open ON outbox (priority, id) WHERE state IN ('waiting','sending');
CREATE INDEX outbox_lane ON outbox (lane, id) WHERE state IN ('waiting','sending');
CREATE INDEX outbox_due ON outbox (not_before) WHERE state = 'waiting';
CREATE INDEX outbox_finished ON outbox (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX outbox_coalesce ON outbox (coalesce_key) WHERE state = 'waiting' AND coalesce_key IS NOT NULL;
CREATE UNIQUE INDEX desk_topic_thread ON desk_topic (forum_chat_id, thread_id) WHERE thread_id IS NOT NULL;
CREATE INDEX message_link_forum ON message_link (forum_chat_id, forum_message_id);
CREATE INDEX report_chat ON report (chat_id, as_of);
CREATE INDEX follow_up_customer ON follow_up (customer_key);
COMMIT;
PRAGMA user_version=1;
