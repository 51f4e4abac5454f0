-- reply_acquire: acquires the lease to reply to the unanswered messages of a session; one run holds it at a time.
--
-- KEYS  session, chat_history, chat_reply, chat_lease
-- ARGV  epoch ('' for the current one), lease, lease_ms, limit (of messages), reply_id (of the new run)
--
-- Returns {'gone' | 'stale' | 'idle' | 'busy'} or
--         {'begun', asked, attempts, {field, value, ...} of the hash, {message, ...}, text, stopped}
-- asked is the seq of the newest user message, attempts the number of runs for the unanswered messages, messages are
-- the newest of the history, text is what a run that died had written, stopped is 1 if that run had a stop request.
-- The holder of a lease may acquire it again: that starts its next run.

local session_key, history_key, reply_key, lease_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local epoch, lease, lease_ms, limit, reply_id = unpack(ARGV)

local session = redis.call('HMGET', session_key, 'epoch', 'asked', 'answered', 'running', 'stop')
if not session[1] then return { 'gone' } end
if epoch ~= '' and session[1] ~= epoch then return { 'stale' } end
local asked = tonumber(session[2]) or 0
if asked <= (tonumber(session[3]) or 0) then return { 'idle' } end
local holder = redis.call('GET', lease_key)
if holder and holder ~= lease then return { 'busy' } end

local attempts = redis.call('HINCRBY', session_key, 'attempts', 1)
redis.call('SET', lease_key, lease, 'PX', lease_ms)
redis.call('HSET', session_key, 'running', reply_id)
redis.call('HDEL', session_key, 'stop')
local stopped = session[5] and session[5] == session[4] and 1 or 0
local text = {}
for _, entry in ipairs(redis.call('XRANGE', reply_key, '-', '+')) do
  local fields = entry[2]
  if fields[1] == 'text' then
    text[#text + 1] = fields[2]
  elseif fields[1] ~= 'phase' then
    text = {}
  end
end
redis.call('DEL', reply_key)
local messages = redis.call('LRANGE', history_key, -tonumber(limit), -1)
return { 'begun', asked, attempts, redis.call('HGETALL', session_key), messages, table.concat(text), stopped }
