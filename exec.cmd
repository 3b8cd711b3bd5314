@rem `npm start` begins with exec, so that Ctrl-C reaches Node-RED itself and the exit code is its own. cmd.exe has no exec: this is it.
@%*
