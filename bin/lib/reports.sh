# Sums up the XML reports that Surefire and Failsafe leave behind. Sourced by bin/test, which runs in the repository's root.

report_files() {
  find . -path ./.git -prune -o \
    \( -path '*/target/surefire-reports/TEST-*.xml' -o -path '*/target/failsafe-reports/TEST-*.xml' \) -type f -print
}

# remove_reports: forgets earlier runs, so that only this one is counted.
remove_reports() {
  find . -path ./.git -prune -o \
    \( -path '*/target/surefire-reports/*' -o -path '*/target/failsafe-reports/*' \) -type f -exec rm -f {} +
}

# summarise_reports: sets report_passed, report_failed and report_skipped to numbers, and report_failures and report_skips to one
# line for each test that failed or was skipped, with the reason where there is one.
summarise_reports() {
  report_passed=0 report_failed=0 report_skipped=0 report_failures='' report_skips=''
  local files=() file summary line
  while IFS= read -r file; do
    files+=("$file")
  done < <(report_files | sort)
  [ ${#files[@]} -gt 0 ] || return 0
  summary="$(awk '
    # The writer puts each of these tags at the beginning of a line, and nothing of it is wrapped but the text of messages.
    function attribute(name,    start, rest) {
      start = index($0, " " name "=\"")
      if (!start) return ""
      rest = substr($0, start + length(name) + 3)
      return substr(rest, 1, index(rest "\"", "\"") - 1)
    }
    function plain(text) {
      gsub(/&quot;/, "\"", text); gsub(/&apos;/, "\047", text); gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text)
      gsub(/&#10;/, " ", text); gsub(/&amp;/, "\\&", text)
      return text
    }
    # Surefire gives the reason as an attribute, or, of an assumption, as the first line of the text.
    function reason(    text) {
      text = attribute("message")
      if (text == "" && match($0, /<!\[CDATA\[/)) {
        text = substr($0, RSTART + RLENGTH)
        sub(/^[A-Za-z0-9_.$]+: /, "", text)
        sub(/^Assumption failed: /, "", text)
      }
      return substr(plain(text), 1, 300)
    }
    /^ *<testsuite / {
      tests += attribute("tests"); skipped += attribute("skipped"); failed += attribute("failures") + attribute("errors")
    }
    /^ *<testcase / { test = attribute("classname") "." attribute("name"); counted = 0 }
    /^ *<(failure|error)[ >\/]/ && !counted { print "F - " plain(test) ": " reason(); counted = 1 }
    /^ *<skipped[ >\/]/ { print "S - " plain(test) ": " reason() }
    END { print "N " tests - skipped - failed " " failed + 0 " " skipped + 0 }
  ' "${files[@]}")"
  while IFS= read -r line; do
    case "$line" in
      'N '*) read -r report_passed report_failed report_skipped <<<"${line#N }" ;;
      'F '*) report_failures+="${report_failures:+$'\n'}${line#F }" ;;
      'S '*) report_skips+="${report_skips:+$'\n'}${line#S }" ;;
    esac
  done <<<"$summary"
}
