-- session_update (uses clock): changes fields of a living session and gives it its full clock again.
--
-- KEYS  session, chat_history, chat_sends, chat_reply, chat_lease, session_index, session_recency
-- ARGV  user_id, epoch ('' for whichever lives now), ttl_ms, max_age_ms, then field, value, ...; none to extend only
--
-- Returns {} if there is no such session, or another has the name by now, else {field, value, ...} of the hash. Extending is not activity:
-- the order of the list stays.

local user_id, epoch, ttl_ms, max_age_ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local session = redis.call('HMGET', KEYS[1], 'epoch', 'created_ms')
if not session[1] or (epoch ~= '' and session[1] ~= epoch) then return {} end
local now = now_ms()
local expires_at = end_of_life(now, session[2] or now, ttl_ms, max_age_ms)
if expires_at <= now then return {} end

if #ARGV > 4 then redis.call('HSET', KEYS[1], unpack(ARGV, 5)) end
wind({ KEYS[1], KEYS[2], KEYS[3], KEYS[4] }, KEYS[6], KEYS[7], user_id, expires_at)
return redis.call('HGETALL', KEYS[1])
