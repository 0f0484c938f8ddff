/**
 * Loaded before a test file: takes the options of ours away from what a program may hand on to its children as its own
 * (`process.execArgv`, which `fork` does by itself). A child would report its end to the file's reporter otherwise.
 */
process.execArgv = process.execArgv.filter((option) => !/^--(import|test-reporter)/.test(option))
