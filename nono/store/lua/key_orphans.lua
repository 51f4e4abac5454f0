-- key_orphans: counts keys of chats whose session is gone and, with fix, removes them. Check and removal are one step:
-- a session created under the same name in between would own the keys.
--
-- KEYS  session, key of each in turn
-- ARGV  fix ('1': remove, '0': count only)
--
-- Returns the number of such keys.

local fix = ARGV[1]

local orphans = 0
for i = 1, #KEYS, 2 do
  if redis.call('EXISTS', KEYS[i]) == 0 and redis.call('EXISTS', KEYS[i + 1]) == 1 then
    orphans = orphans + 1
    if fix == '1' then redis.call('UNLINK', KEYS[i + 1]) end
  end
end
return orphans
