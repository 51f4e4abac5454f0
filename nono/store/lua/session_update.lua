-- session_update: sets fields of a session and resets its TTL.
--
-- KEYS  session, chat_history, chat_sends, chat_reply, chat_lease, session_index, session_recency
-- ARGV  user_id, epoch ('' for the current one), ttl_ms, max_age_ms, then field, value, ...; none to extend only
--
-- Returns {} if there is no such session or the epoch is not the current one, else {field, value, ...} of the hash.
-- Extending is not activity: the order of the list does not change.

local session_key, history_key, sends_key, reply_key, lease_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local index_key, recency_key = KEYS[6], KEYS[7]
local user_id, epoch, ttl_ms, max_age_ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local session = redis.call('HMGET', session_key, 'epoch', 'created_ms')
if not session[1] or (epoch ~= '' and session[1] ~= epoch) then return {} end
local now = now_ms()
local expires_at = end_of_life(now, session[2] or now, ttl_ms, max_age_ms)
if expires_at <= now then return {} end

if #ARGV > 4 then redis.call('HSET', session_key, unpack(ARGV, 5)) end
wind({ session_key, history_key, sends_key, reply_key }, index_key, recency_key, user_id, expires_at)
return redis.call('HGETALL', session_key)
