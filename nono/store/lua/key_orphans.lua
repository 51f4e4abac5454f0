-- key_orphans: finds keys of chats whose session is gone and, if asked, removes them: in one step, because the name
-- may be taken again at any moment, and then the keys are the new session's.
--
-- KEYS  session, key of each in turn
-- ARGV  fix ('1' to remove, '0' to look only)
--
-- Returns how many there were.

local orphans = 0
for i = 1, #KEYS, 2 do
  if redis.call('EXISTS', KEYS[i]) == 0 and redis.call('EXISTS', KEYS[i + 1]) == 1 then
    orphans = orphans + 1
    if ARGV[1] == '1' then redis.call('UNLINK', KEYS[i + 1]) end
  end
end
return orphans
