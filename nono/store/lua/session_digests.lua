-- session_digests: computes for each of many owners a digest of the fields that their lists show, to detect changes.
--
-- KEYS  owner_index of each
-- ARGV  SORT's GET patterns of the fields
--
-- Returns one digest per owner; for a damaged index (not a sorted set) the digest of the error. As in
-- session_list.lua, SORT reads the hashes by its patterns: they are not in KEYS.

local gets = { 'GET', '#' }
for _, pattern in ipairs(ARGV) do
  gets[#gets + 1] = 'GET'
  gets[#gets + 1] = pattern
end

local digests = {}
for i, key in ipairs(KEYS) do
  local cells = redis.pcall('SORT', key, 'BY', 'nosort', 'DESC', unpack(gets))
  if cells.err then cells = { cells.err } end
  for j = 1, #cells do
    local cell = cells[j]
    cells[j] = cell and #cell .. ':' .. cell or '-'
  end
  digests[i] = redis.sha1hex(table.concat(cells))
end
return digests
