-- reply_acquire: takes the right to answer what is unanswered in a session, for one run at a time.
--
-- KEYS  session, chat_history, chat_reply, chat_lease
-- ARGV  epoch ('' for whichever lives), lease, lease_ms, limit (of messages), reply_id (of what is begun)
--
-- Returns {'gone' | 'stale' | 'idle' | 'busy'} or
--         {'begun', asked, attempts, {field, value, ...} of the hash, {message, ...}, text, stopped}
-- where asked is the seq of the newest user message, attempts counts the runs begun for what is unanswered,
-- messages are the newest of the history, text is what a run that died had said, and stopped is 1 if somebody
-- wanted that one to end. Beginning again with the lease one already holds is allowed: that is the next run of
-- the same holder.

local epoch, lease, lease_ms, limit, reply_id = unpack(ARGV)

local session = redis.call('HMGET', KEYS[1], 'epoch', 'asked', 'answered', 'running', 'stop')
if not session[1] then return { 'gone' } end
if epoch ~= '' and session[1] ~= epoch then return { 'stale' } end
local asked = tonumber(session[2]) or 0
if asked <= (tonumber(session[3]) or 0) then return { 'idle' } end
local holder = redis.call('GET', KEYS[4])
if holder and holder ~= lease then return { 'busy' } end

local attempts = redis.call('HINCRBY', KEYS[1], 'attempts', 1)
redis.call('SET', KEYS[4], lease, 'PX', lease_ms)
redis.call('HSET', KEYS[1], 'running', reply_id)
redis.call('HDEL', KEYS[1], 'stop')
local stopped = session[5] and session[5] == session[4] and 1 or 0
local text = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[3], '-', '+')) do
  local fields = entry[2]
  if fields[1] == 'text' then
    text[#text + 1] = fields[2]
  elseif fields[1] ~= 'phase' then
    text = {}
  end
end
redis.call('DEL', KEYS[3])
local messages = redis.call('LRANGE', KEYS[2], -tonumber(limit), -1)
return { 'begun', asked, attempts, redis.call('HGETALL', KEYS[1]), messages, table.concat(text), stopped }
