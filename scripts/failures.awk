# From the log of a test run: what failed, with the lines that explain it, and what began and never ended, as after a crash.

/^◇ Test .* started\.$/ && !/^◇ Test (case|run) / {
    name = $0
    sub(/^◇ /, "", name)
    sub(/ started\.$/, "", name)
    begun[name]++
}
# The mark is one character or three, as this awk counts bytes or characters.
/^(✔|✘|➜) Test .* (passed|failed|skipped)/ {
    for (name in begun) if (index($0, name " ") == 3 || index($0, name " ") == 5) if (--begun[name] == 0) delete begun[name]
}
/^(✔|✘) Test run / { ended = 1 }

/^✘/ { failures[++count] = $0; explaining = 1; next }
explaining && /^(↳|  |\t)/ { failures[++count] = $0; next }
{ explaining = 0 }

# What isn't a test's: a crash, an error of the runner.
/^error:|Fatal error:|unexpected signal/ { failures[++count] = $0 }

END {
    if (count) print "==> what failed"
    for (i = 1; i <= count; i++) print failures[i]
    if (!ended) for (name in begun) print "never ended: " name
}
