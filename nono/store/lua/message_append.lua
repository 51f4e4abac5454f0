-- message_append (uses clock): stores one message of a living session, or nothing at all.
--
-- KEYS  session, chat_history, chat_sends, chat_reply, chat_lease, session_index, session_recency
-- ARGV  user_id, epoch, client_id, role, message (JSON object without seq), last_activity (ISO),
--       history_limit, ttl_ms, max_age_ms, in_reply_to, lease, lease_ms, safety
--       epoch ''        : whichever lives now
--       in_reply_to     : of an assistant message, the seq of the newest user message that it answers
--       lease, lease_ms : of an assistant message, who holds the right to reply; '' for nobody
--       safety          : of a user message, the level of danger found in it; '' for none
--
-- Returns {'gone'}                              no such session, or its greatest age is reached
--         {'stale'}                             another session has the name by now, or it was emptied
--         {'lost'}                              the lease is somebody else's
--         {'duplicate', seq, message, more, 0, 0}  this client_id was stored before; message '' if trimmed since
--         {'stored', seq, message, more, expires_at, help}
-- where more is 1 if the session has a user message that no reply has answered yet. A finished reply hands
-- its lease back, unless there is more to answer: then it keeps it, so that no message falls between two runs.
-- help is 1 if help is to be shown in full: the first time, when the level rises, and again after ten messages.
-- The session keeps its highest level (safety) and the seq with which help was last shown in full (helped).
-- The first write is one that a full Redis refuses, so a refusal leaves nothing half-written.

-- The order of chat_app/safety/assessment.py; tests/chat/test_safety_flow.py holds the two together.
local RANK = { unknown = 1, about_other = 2, concern = 3, crisis = 4, imminent = 5 }
local AGAIN_AFTER = 10

local user_id, epoch, client_id, role, message, last_activity = unpack(ARGV, 1, 6)
local history_limit, ttl_ms, max_age_ms, in_reply_to, lease, lease_ms, safety = unpack(ARGV, 7, 13)

local session = redis.call('HMGET', KEYS[1], 'epoch', 'created_ms', 'seq', 'asked', 'answered', 'safety', 'helped')
if not session[1] then return { 'gone' } end
if epoch ~= '' and session[1] ~= epoch then return { 'stale' } end
local now = now_ms()
local expires_at = end_of_life(now, session[2] or now, ttl_ms, max_age_ms)
if expires_at <= now then return { 'gone' } end

local last, asked, answered = tonumber(session[3]) or 0, tonumber(session[4]) or 0, tonumber(session[5]) or 0
local before = redis.call('HGET', KEYS[3], client_id)
if before then
  local stored = redis.call('LINDEX', KEYS[2], tonumber(before) - last - 1)
  return { 'duplicate', tonumber(before), stored or '', asked > answered and 1 or 0, 0, 0 }
end
if lease ~= '' and redis.call('GET', KEYS[5]) ~= lease then return { 'lost' } end

local seq = last + 1
local stored = string.sub(message, 1, -2) .. ',"seq":' .. seq .. '}'
redis.call('RPUSH', KEYS[2], stored)
redis.call('LTRIM', KEYS[2], -tonumber(history_limit), -1)
redis.call('HSET', KEYS[3], client_id, seq)
if role == 'user' then
  asked = seq
else
  answered = math.max(answered, tonumber(in_reply_to))
  redis.call('DEL', KEYS[4])
  redis.call('HDEL', KEYS[1], 'attempts', 'running', 'stop')
end
redis.call('HSET', KEYS[1], 'seq', seq, 'asked', asked, 'answered', answered, 'last_activity', last_activity)
redis.call('HINCRBY', KEYS[1], 'message_count', 1)
local rank, known, helped, help = RANK[safety] or 0, RANK[session[6]] or 0, tonumber(session[7]), 0
if rank > 0 then
  if rank > known then redis.call('HSET', KEYS[1], 'safety', safety) end
  if rank > known or not helped or seq - helped >= AGAIN_AFTER then
    help = 1
    redis.call('HSET', KEYS[1], 'helped', seq)
  end
end
wind({ KEYS[1], KEYS[2], KEYS[3], KEYS[4] }, KEYS[6], KEYS[7], user_id, expires_at, now)

local more = asked > answered
if lease ~= '' then
  if more then redis.call('PEXPIRE', KEYS[5], lease_ms) else redis.call('DEL', KEYS[5]) end
end
return { 'stored', seq, stored, more and 1 or 0, integer(expires_at), help }
