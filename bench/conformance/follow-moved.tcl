# Runs Redis's test suite with a client that follows MOVED, so that a cluster of several shards can be judged by it.
#
#   tclsh follow-moved.tcl ARGUMENTS...      in the suite's directory; the arguments are those of tests/test_helper.tcl
#
# Nothing of the suite is edited: its files are sourced as they are, and once its client is there, the procedure through which every
# command goes is wrapped. What a cluster's client does is added, and no more:
# - a command that is answered MOVED is sent to the node that is named, over a further connection of the same client;
# - a client that reads raw lines reads the rest of a reply where it has read the first of them;
# - FLUSHALL, FLUSHDB, FUNCTION FLUSH, CONFIG SET and HELLO go to all shards' leaders; DBSIZE is summed, KEYS are put together.
# Clients that read their replies later, and transactions, stay with the node that they are connected to: tests that use them on keys of
# other shards fail here, and say nothing of the server.

namespace eval follow {
    variable driver [file normalize [info script]]
    # id,host:port -> the client that client id has there
    variable links
    array set links {}
    # ids of such clients: they are told where to go, and are not wrapped
    variable own
    array set own {}
    # id -> its protocol
    variable protocol
    array set protocol {}
    # id -> the client from which the raw reply of its last command comes, if that is another
    variable raw
    array set raw {}
}

# The addresses of the shards' leaders, as the node of this client knows them.
proc ::follow::leaders {id} {
    set leaders {}
    foreach range [::redis::__dispatch_here__ $id cluster slots] {
        lassign [lindex $range 2] host port
        if {[lsearch -exact $leaders $host:$port] < 0} {
            lappend leaders $host:$port
        }
    }
    return $leaders
}

proc ::follow::link {id address} {
    variable links
    variable own
    variable protocol
    if {![info exists links($id,$address)]} {
        set colon [string last : $address]
        set host [string range $address 0 $colon-1]
        set port [string range $address $colon+1 end]
        set link [redis $host $port 0 $::tls]
        regexp {(\d+)$} $link _ number
        set own($number) 1
        set links($id,$address) $link
        if {[info exists protocol($id)]} {
            $link hello $protocol($id)
        }
    }
    $links($id,$address) readraw $::redis::readraw($id)
    return $links($id,$address)
}

proc ::follow::close {id} {
    variable links
    variable protocol
    foreach {key link} [array get links $id,*] {
        catch {$link close}
        unset links($key)
    }
    unset -nocomplain protocol($id)
    variable raw
    unset -nocomplain raw($id)
}

# A command, or a read, of a client that reads raw lines.
proc ::follow::dispatch_raw {id method arguments} {
    variable raw
    if {[info commands ::redis::__method__$method] ne {}} {
        if {$method in {read rawread} && [info exists raw($id)]} {
            return [$raw($id) $method {*}$arguments]
        }
        return [::redis::__dispatch_here__ $id $method {*}$arguments]
    }
    unset -nocomplain raw($id)
    set line [::redis::__dispatch_here__ $id $method {*}$arguments]
    if {[regexp {^-MOVED \d+ (\S+:\d+)} $line _ address]} {
        set raw($id) [link $id $address]
        return [$raw($id) $method {*}$arguments]
    }
    return $line
}

# The replies of the other leaders.
proc ::follow::others {id method arguments} {
    lassign $::redis::addr($id) host port
    set replies {}
    foreach address [leaders $id] {
        if {$address ne "$host:$port"} {
            lappend replies [[link $id $address] $method {*}$arguments]
        }
    }
    return $replies
}

proc ::follow::dispatch {id method arguments} {
    variable own
    variable protocol
    set name [string tolower $method]
    if {$name eq {close}} {
        close $id
    }
    if {[info exists own($id)] || ![info exists ::redis::deferred($id)] || $::redis::deferred($id) || !$::redis::blocking($id)} {
        return [::redis::__dispatch_here__ $id $method {*}$arguments]
    }
    if {$::redis::readraw($id)} {
        return [dispatch_raw $id $method $arguments]
    }
    # What is no command, a read of what was written past the client, is answered by the node that it stands at.
    if {[info commands ::redis::__method__$method] ne {}} {
        return [::redis::__dispatch_here__ $id $method {*}$arguments]
    }
    if {[catch {::redis::__dispatch_here__ $id $method {*}$arguments} reply]} {
        if {[regexp {^MOVED \d+ (\S+:\d+)$} $reply _ address]} {
            return [[link $id $address] $method {*}$arguments]
        }
        return -code error $reply
    }
    set word [string tolower [lindex $arguments 0]]
    if {$reply ne {QUEUED}} {
        if {$name eq {hello} && $arguments ne {}} {
            set protocol($id) [lindex $arguments 0]
        }
        if {$name in {flushall flushdb hello} || ($name eq {function} && $word eq {flush}) || ($name eq {config} && $word eq {set})} {
            others $id $method $arguments
        } elseif {$name eq {dbsize}} {
            set reply [tcl::mathop::+ $reply {*}[others $id $method $arguments]]
        } elseif {$name eq {keys}} {
            set reply [concat $reply {*}[others $id $method $arguments]]
        }
    }
    return $reply
}

rename source ::follow::source_here
proc source {args} {
    set result [uplevel 1 [list ::follow::source_here {*}$args]]
    if {[lindex $args end] eq {tests/support/redis.tcl}} {
        rename ::redis::__dispatch__ ::redis::__dispatch_here__
        proc ::redis::__dispatch__ {id method args} {
            if {[catch {::follow::dispatch $id $method $args} reply]} {
                return -code error $reply
            }
            return $reply
        }
        # The suite starts itself once more by the name of its script: that is this file.
        info script $::follow::driver
    }
    return $result
}

uplevel #0 [list ::follow::source_here tests/test_helper.tcl]
