@rem `npm start` says exec, so that Ctrl-C reaches Node-RED itself and not a shell in between. Windows has no such word: here it is.
@%*
