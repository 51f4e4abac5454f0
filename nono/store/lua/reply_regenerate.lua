-- reply_regenerate: removes the last reply of a session, so that the messages it answered are unanswered again. The
-- next run replaces it, under the same seq unless another message comes first.
--
-- KEYS  session, chat_history, chat_sends, chat_lease
-- ARGV  epoch
--
-- Returns 'gone', 'stale', 'busy' (a reply runs, or is due), 'none' (the last message is not a reply) or 'replaced'.
-- revision counts the removed replies; replaced and replaced_seq identify the latest one for open chats. No key is
-- created and no TTL changes. The first write is a command that Redis refuses when its memory is full.

local session_key, history_key, sends_key, lease_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local epoch = ARGV[1]

local session = redis.call('HMGET', session_key, 'epoch', 'seq', 'asked', 'answered')
if not session[1] then return 'gone' end
if session[1] ~= epoch then return 'stale' end
local seq, asked, answered = tonumber(session[2]) or 0, tonumber(session[3]) or 0, tonumber(session[4]) or 0
if asked > answered or redis.call('EXISTS', lease_key) == 1 then return 'busy' end
local last = redis.call('LINDEX', history_key, -1)
if not last or asked == 0 or seq <= asked then return 'none' end

local readable, reply = pcall(cjson.decode, last)
local id = readable and type(reply) == 'table' and type(reply['id']) == 'string' and reply['id'] or ''
redis.call('HSET', session_key, 'seq', seq - 1, 'answered', asked - 1, 'replaced', id, 'replaced_seq', seq)
redis.call('HINCRBY', session_key, 'revision', 1)
redis.call('HINCRBY', session_key, 'message_count', -1)
redis.call('HDEL', session_key, 'attempts')
redis.call('RPOP', history_key)
redis.call('HDEL', sends_key, 'reply:' .. asked)
return 'replaced'
