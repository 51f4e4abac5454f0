-- session_create: creates a session, unless one of that name exists.
--
-- KEYS  session, chat_history, chat_sends, chat_reply, chat_lease, session_index, session_recency, owner_index
-- ARGV  user_id, epoch, ttl_ms, max_age_ms, then field, value, ... of the session's hash
--
-- Returns {'created' | 'exists', field, value, ...}. A call with the epoch of the existing session returns 'created':
-- it is a retry of the same request after its response was lost.

local session_key, history_key, sends_key, reply_key, lease_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local index_key, recency_key, owner_key = KEYS[6], KEYS[7], KEYS[8]
local user_id, epoch, ttl_ms, max_age_ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local living = redis.call('HGET', session_key, 'epoch')
if living then
  local answer = redis.call('HGETALL', session_key)
  table.insert(answer, 1, living == epoch and 'created' or 'exists')
  return answer
end

local now = now_ms()
local fields = { 'epoch', epoch, 'seq', 0, 'message_count', 0, 'asked', 0, 'answered', 0, 'created_ms', integer(now) }
for i = 5, #ARGV do
  fields[#fields + 1] = ARGV[i]
end
redis.call('HSET', session_key, unpack(fields))
redis.call('DEL', history_key, sends_key, reply_key, lease_key)

local expires_at = end_of_life(now, now, ttl_ms, max_age_ms)
wind({ session_key }, index_key, recency_key, user_id, expires_at, now)
redis.call('ZREMRANGEBYSCORE', owner_key, '-inf', integer(now))
redis.call('ZADD', owner_key, integer(now + tonumber(max_age_ms)), user_id)
redis.call('PEXPIRE', owner_key, max_age_ms)

local answer = redis.call('HGETALL', session_key)
table.insert(answer, 1, 'created')
return answer
