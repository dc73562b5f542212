"""Runs a program in a terminal of its own and types into it: terminal.py ROWS COLUMNS DIALOGUE PROGRAM [ARGUMENT…].

DIALOGUE is a JSON list of pairs: what must have been printed, and what is typed then. Prints JSON: the exit code, and all that was printed.
"""
import fcntl, json, os, pty, struct, sys, termios

rows, columns, dialogue, argv = int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(argv[0], argv)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
printed, read_to = b"", 0
while True:
    try:
        more = os.read(terminal, 65536)
    except OSError:
        break
    if not more:
        break
    printed += more
    while dialogue and (at := printed.find(dialogue[0][0].encode(), read_to)) >= 0:
        read_to = at + len(dialogue[0][0].encode())
        os.write(terminal, dialogue.pop(0)[1].encode())
_, status = os.waitpid(pid, 0)
print(json.dumps({"code": os.waitstatus_to_exitcode(status), "printed": printed.decode(errors="replace"), "unsaid": dialogue}))
