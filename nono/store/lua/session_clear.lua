-- session_clear: deletes a session and all its keys, and keeps a copy for an undo.
--
-- KEYS  session, chat_history, chat_sends, chat_reply, chat_lease, session_index, session_recency,
--       undo:session, undo:chat_history, undo:chat_sends
-- ARGV  user_id, token, undo_ms, session_id and epoch (which must be the session's own; '' for any)
--
-- Returns {} if there is no such session, else {field, value, ...} of the hash before deletion. The copy has its own
-- TTL, undo_ms; the copy of an earlier clear of the same name is deleted.

local user_id, token, undo_ms, session_id, epoch = unpack(ARGV)

if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
if session_id ~= '' and redis.call('HGET', KEYS[1], 'session_id') ~= session_id then return {} end
if epoch ~= '' and redis.call('HGET', KEYS[1], 'epoch') ~= epoch then return {} end
local session = redis.call('HGETALL', KEYS[1])
redis.call('DEL', KEYS[4], KEYS[5], KEYS[8], KEYS[9], KEYS[10])
redis.call('ZREM', KEYS[6], user_id)
redis.call('ZREM', KEYS[7], user_id)
for i = 1, 3 do
  if redis.call('EXISTS', KEYS[i]) == 1 then
    redis.call('RENAME', KEYS[i], KEYS[i + 7])
    redis.call('PEXPIRE', KEYS[i + 7], undo_ms)
  end
end
-- With its memory full Redis refuses only this write: then the session is deleted, but cannot be restored.
redis.pcall('HSET', KEYS[8], 'undo', token)
return session
