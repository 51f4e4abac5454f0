-- reply_continue: requests the rest of a session's last reply, which the model's length limit cut off.
--
-- KEYS  session, chat_history, chat_lease
-- ARGV  epoch
--
-- Returns 'gone', 'stale', 'busy' (a reply runs, or is due), 'whole' (the last message is not a reply that was cut off)
-- or 'asked': asked is set to the seq of that reply, so that the next run continues it. No key is created and no TTL
-- changes.

local session_key, history_key, lease_key = KEYS[1], KEYS[2], KEYS[3]
local epoch = ARGV[1]

local session = redis.call('HMGET', session_key, 'epoch', 'seq', 'asked', 'answered')
if not session[1] then return 'gone' end
if session[1] ~= epoch then return 'stale' end
local seq, asked, answered = tonumber(session[2]) or 0, tonumber(session[3]) or 0, tonumber(session[4]) or 0
if asked > answered or redis.call('EXISTS', lease_key) == 1 then return 'busy' end

local last = redis.call('LINDEX', history_key, -1)
local readable, reply = pcall(cjson.decode, last or '')
local metadata = readable and type(reply) == 'table' and reply['role'] == 'assistant' and reply['metadata']
if type(metadata) ~= 'table' or metadata['finish_reason'] ~= 'length' or metadata['state'] ~= 'done' then
  return 'whole'
end
redis.call('HSET', session_key, 'asked', seq)
redis.call('HDEL', session_key, 'attempts')
return 'asked'
