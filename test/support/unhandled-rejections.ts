/** Mocha lets a rejection pass that nobody handles, which ends Node-RED: here it fails the test that is running. */
process.on("unhandledRejection", (reason) => {
  throw reason;
});
