-- session_undo: restores a cleared session with the expiry that it had.
--
-- KEYS  session, chat_history, chat_sends, session_index, session_recency,
--       undo:session, undo:chat_history, undo:chat_sends
-- ARGV  user_id, token ('' for the latest clear), epoch (of the cleared session; '' for any)
--
-- Returns {'gone'} if there is nothing to restore, {'exists'} if a session of that name exists, else
-- {'restored', field, value, ...} of the hash.

local user_id, token, epoch = ARGV[1], ARGV[2], ARGV[3]

local kept = redis.call('HMGET', KEYS[6], 'undo', 'expires_at', 'active_ms', 'epoch')
if not kept[1] or (token ~= '' and kept[1] ~= token) then return { 'gone' } end
if epoch ~= '' and kept[4] ~= epoch then return { 'gone' } end
if redis.call('EXISTS', KEYS[1]) == 1 then return { 'exists' } end
local expires_at = tonumber(kept[2])
if expires_at <= now_ms() then return { 'gone' } end

redis.call('HDEL', KEYS[6], 'undo')
for i = 1, 3 do
  if redis.call('EXISTS', KEYS[i + 5]) == 1 then redis.call('RENAME', KEYS[i + 5], KEYS[i]) end
end
wind({ KEYS[1], KEYS[2], KEYS[3] }, KEYS[4], KEYS[5], user_id, expires_at, tonumber(kept[3]))
local answer = redis.call('HGETALL', KEYS[1])
table.insert(answer, 1, 'restored')
return answer
