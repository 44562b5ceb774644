# Makes one Markdown table of all JSON lines (`jq -n -r -f table.jq LINES`): a row a setting, in the order in which they first
# came, with the median and, from two measurements on, min–max. A failed measurement gets a row too.

def rounded:
  if . >= 1000 then round | tostring | [while(length > 0; .[:-3]) | .[-3:]] | reverse | join(",")
  elif . >= 100 then round | tostring
  elif . >= 10 then . * 10 | round / 10 | tostring
  elif . >= 1 then . * 100 | round / 100 | tostring
  else . * 1000 | round / 1000 | tostring end;

def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;

def spread:
  map(select(. != null))
  | if length == 0 then "–"
    elif length == 1 then .[0] | rounded
    else "\(median | rounded) (\(min | rounded)–\(max | rounded))" end;

def cell: gsub("\\|"; "/") | gsub("\\s+"; " ");

# Not group_by, which sorts.
def by_setting: reduce .[] as $line ({order: [], lines: {}};
    ([$line.system, $line.setting] | tojson) as $key
    | if .lines[$key] then . else .order += [$key] end
    | .lines[$key] += [$line])
  | [.order[] as $key | .lines[$key]];

def row:
  map(select(.not_measured == null)) as $measured
  | map(.not_measured | select(. != null)) as $reasons
  | ($reasons | if length == 0 then null else "not measured\(if ($measured | length) > 0 then " in \(length) of the rounds" else "" end): \(.[0])" end) as $missing
  | [ .[0].system, .[0].setting,
      ($measured | map(.per_second) | spread), ($measured | map(.p50_ms) | spread), ($measured | map(.p99_ms) | spread),
      ($measured | length | tostring),
      ([$measured[0].notes, $missing] | map(select(. != null and . != "")) | join("; ")) ]
  | map(cell) | "| " + join(" | ") + " |";

[inputs] | by_setting
| "| system | setting | per second | p50 ms | p99 ms | rounds | notes |", "|--|--|--|--|--|--|--|", (.[] | row)
