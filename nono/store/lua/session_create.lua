-- session_create (uses clock): begins a session, unless one of that name lives.
--
-- KEYS  session, chat_history, chat_sends, chat_reply, chat_lease, session_index, session_recency, owner_index
-- ARGV  user_id, epoch, ttl_ms, max_age_ms, then field, value, ... of the session's hash
--
-- Returns {'created' | 'exists', field, value, ...}. Creating again with the epoch of the living session
-- answers 'created': it is the same request, tried again after its answer was lost.

local user_id, epoch, ttl_ms, max_age_ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local living = redis.call('HGET', KEYS[1], 'epoch')
if living then
  local answer = redis.call('HGETALL', KEYS[1])
  table.insert(answer, 1, living == epoch and 'created' or 'exists')
  return answer
end

local now = now_ms()
local fields = { 'epoch', epoch, 'seq', 0, 'message_count', 0, 'asked', 0, 'answered', 0, 'created_ms', integer(now) }
for i = 5, #ARGV do
  fields[#fields + 1] = ARGV[i]
end
redis.call('HSET', KEYS[1], unpack(fields))
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5])

local expires_at = end_of_life(now, now, ttl_ms, max_age_ms)
wind({ KEYS[1] }, KEYS[6], KEYS[7], user_id, expires_at, now)
redis.call('ZREMRANGEBYSCORE', KEYS[8], '-inf', integer(now))
redis.call('ZADD', KEYS[8], integer(now + tonumber(max_age_ms)), user_id)
redis.call('PEXPIRE', KEYS[8], max_age_ms)

local answer = redis.call('HGETALL', KEYS[1])
table.insert(answer, 1, 'created')
return answer
