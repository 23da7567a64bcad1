#!/bin/sh
# Sends a text to the inbox and waits until its words are counted. Start the inbox first:
#
#   cargo run -- run --project examples/inbox
set -eu

url=${1:-http://127.0.0.1:8080}

ask() { curl --silent --show-error --max-time 10 --data "$2" "$url/$1"; }
field() { sed -n "s/.*\"$1\":\([0-9][0-9]*\).*/\1/p"; }

answer=$(ask submit "the quick brown fox jumps over the lazy dog")
echo "submit: $answer"
id=$(echo "$answer" | field message)
[ -n "$id" ]

for _ in 1 2 3 4 5 6 7 8 9 10; do
    answer=$(ask show "$id")
    [ -z "$(echo "$answer" | field words)" ] || break
    sleep 0.2
done
echo "show:   $answer"
[ "$(echo "$answer" | field words)" = 9 ]

echo "none:   $(ask show 999)"
echo "empty:  $(ask submit " ")"
