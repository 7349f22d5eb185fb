import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One finding of the report that CDK writes beside the templates. */
interface Violation {
  readonly ruleName: string;
  readonly severity?: string;
  readonly description?: string;
  readonly violatingConstructs?: readonly { readonly constructPath?: string }[];
}

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly Violation[];
  }[];
}

// CDK ends well with warnings, and a wrong value of an enumeration (W3030) is one. Here every finding is a failure.
const file = join(process.argv[2] ?? 'cdk.out', 'validation-report.json');
if (!existsSync(file)) {
  console.error(`${file} is missing: CDK did not validate the templates`);
  process.exit(1);
}
const { pluginReports } = JSON.parse(readFileSync(file, 'utf8')) as Report;
const findings = pluginReports.flatMap(({ pluginName, violations }) =>
  violations.map(({ ruleName, severity = '', description = '', violatingConstructs = [] }) => {
    const where = violatingConstructs.map(({ constructPath = '?' }) => constructPath).join(', ');
    return `${pluginName} ${ruleName} (${severity}): ${description} at ${where}`;
  }),
);
for (const finding of findings) console.error(finding);
console.log(`CDK validation and cdk-nag: ${findings.length} findings`);
process.exitCode = findings.length > 0 ? 1 : 0;
