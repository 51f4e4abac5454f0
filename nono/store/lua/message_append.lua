-- message_append: appends one message to a session, or changes nothing.
--
-- KEYS  session, chat_history, chat_sends, chat_reply, chat_lease, session_index, session_recency
-- ARGV  user_id, epoch, client_id, role, message (JSON object without seq), last_activity (ISO),
--       history_limit, ttl_ms, max_age_ms, in_reply_to, lease, lease_ms, safety
--       epoch           : '' for the current one
--       in_reply_to     : of an assistant message, the seq of the newest user message that it answers
--       lease, lease_ms : of an assistant message, the lease under which it was written; '' for none
--       safety          : of a user message, the level of danger found in it; '' for none
--
-- Returns {'gone'}                              no such session, or its maximum age is reached
--         {'stale'}                             the epoch is not the current one
--         {'lost'}                              the caller does not hold the lease
--         {'duplicate', seq, message, more, 0, 0}  this client_id was stored before; message '' if trimmed since
--         {'stored', seq, message, more, expires_at, help}
-- more is 1 if the session has a user message without a reply. A finished reply releases its lease, except if more
-- is 1: then it keeps the lease, so that no message is left unanswered between two runs.
-- help is 1 if help is to be shown in full: the first time, when the level rises, and again after ten messages.
-- The session keeps its highest level (safety) and the seq with which help was last shown in full (helped).
-- The first write is a command that Redis refuses when its memory is full, so a refusal leaves no partial change.

local session_key, history_key, sends_key, reply_key, lease_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local index_key, recency_key = KEYS[6], KEYS[7]

-- The order of chat_app/safety/assessment.py; tests/chat/test_safety_flow.py checks that both are equal.
local RANK = { unknown = 1, about_other = 2, concern = 3, crisis = 4, imminent = 5 }
local AGAIN_AFTER = 10

local user_id, epoch, client_id, role, message, last_activity = unpack(ARGV, 1, 6)
local history_limit, ttl_ms, max_age_ms, in_reply_to, lease, lease_ms, safety = unpack(ARGV, 7, 13)

local session = redis.call('HMGET', session_key, 'epoch', 'created_ms', 'seq', 'asked', 'answered', 'safety', 'helped')
if not session[1] then return { 'gone' } end
if epoch ~= '' and session[1] ~= epoch then return { 'stale' } end
local now = now_ms()
local expires_at = end_of_life(now, session[2] or now, ttl_ms, max_age_ms)
if expires_at <= now then return { 'gone' } end

local last, asked, answered = tonumber(session[3]) or 0, tonumber(session[4]) or 0, tonumber(session[5]) or 0
local before = redis.call('HGET', sends_key, client_id)
if before then
  local stored = redis.call('LINDEX', history_key, tonumber(before) - last - 1)
  return { 'duplicate', tonumber(before), stored or '', asked > answered and 1 or 0, 0, 0 }
end
if lease ~= '' and redis.call('GET', lease_key) ~= lease then return { 'lost' } end

local seq = last + 1
local stored = string.sub(message, 1, -2) .. ',"seq":' .. seq .. '}'
redis.call('RPUSH', history_key, stored)
redis.call('LTRIM', history_key, -tonumber(history_limit), -1)
redis.call('HSET', sends_key, client_id, seq)
if role == 'user' then
  asked = seq
else
  answered = math.max(answered, tonumber(in_reply_to))
  redis.call('DEL', reply_key)
  redis.call('HDEL', session_key, 'attempts', 'running', 'stop')
end
redis.call('HSET', session_key, 'seq', seq, 'asked', asked, 'answered', answered, 'last_activity', last_activity)
redis.call('HINCRBY', session_key, 'message_count', 1)
local rank, known, helped, help = RANK[safety] or 0, RANK[session[6]] or 0, tonumber(session[7]), 0
if rank > 0 then
  if rank > known then redis.call('HSET', session_key, 'safety', safety) end
  if rank > known or not helped or seq - helped >= AGAIN_AFTER then
    help = 1
    redis.call('HSET', session_key, 'helped', seq)
  end
end
wind({ session_key, history_key, sends_key, reply_key }, index_key, recency_key, user_id, expires_at, now)

local more = asked > answered
if lease ~= '' then
  if more then redis.call('PEXPIRE', lease_key, lease_ms) else redis.call('DEL', lease_key) end
end
return { 'stored', seq, stored, more and 1 or 0, integer(expires_at), help }
