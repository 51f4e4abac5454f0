-- reply_regenerate: takes the last reply of a session away, so that what it answered is unanswered again and the next
-- run gives the reply that takes its place, under the same seq unless something is said in between.
--
-- KEYS  session, chat_history, chat_sends, chat_lease
-- ARGV  epoch
--
-- Returns 'gone', 'stale', 'busy' (a reply runs, or is due), 'none' (the last message is no reply) or 'replaced'.
-- The revision counts the replies taken away; replaced and replaced_seq tell open chats of the latest. No key
-- is made, so all keep their clock. The first write is one that a full Redis refuses.

local session = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'asked', 'answered')
if not session[1] then return 'gone' end
if session[1] ~= ARGV[1] then return 'stale' end
local seq, asked, answered = tonumber(session[2]) or 0, tonumber(session[3]) or 0, tonumber(session[4]) or 0
if asked > answered or redis.call('EXISTS', KEYS[4]) == 1 then return 'busy' end
local last = redis.call('LINDEX', KEYS[2], -1)
if not last or asked == 0 or seq <= asked then return 'none' end

local readable, reply = pcall(cjson.decode, last)
local id = readable and type(reply) == 'table' and type(reply['id']) == 'string' and reply['id'] or ''
redis.call('HSET', KEYS[1], 'seq', seq - 1, 'answered', asked - 1, 'replaced', id, 'replaced_seq', seq)
redis.call('HINCRBY', KEYS[1], 'revision', 1)
redis.call('HINCRBY', KEYS[1], 'message_count', -1)
redis.call('HDEL', KEYS[1], 'attempts')
redis.call('RPOP', KEYS[2])
redis.call('HDEL', KEYS[3], 'reply:' .. asked)
return 'replaced'
