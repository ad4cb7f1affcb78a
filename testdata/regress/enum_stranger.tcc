// An enum in memory can hold a number that is none of its members. Then a fn falls off its end and returns 0, not what
// the call before returned.
pipeline p xdp
default abort

enum answer { yes = 1, no = 2 }
map m array[u32]answer max 4
var n u32

fn f(a answer) u32 {
    match a {
        answer.yes => { return 5 }
        answer.no  => { return 6 }
    }
}

stage s {
    n = f(answer.yes)
    if a := m[1] {
        n = f(a)
        if n != 0 { drop }
        x := a
        match x {
            answer.yes => pass
            answer.no  => drop
        }
    } else { pass }
}

// oracle: packet 1 2 0 0000000000000000000000000000
