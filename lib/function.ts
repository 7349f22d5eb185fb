import { join } from 'node:path';
import { type Duration, RemovalPolicy, Stage } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Config } from '../core/config.ts';
import { acknowledgeWildcard, allow } from './access.ts';
import { bundle, type FunctionName } from './bundle.ts';
import { logRetention } from './log-retention.ts';

/** Properties of {@link BundledFunction}. */
export interface BundledFunctionProps {
  /** Folder of lambdas/ that it is made of. */
  readonly bundle: FunctionName;
  /** The parsed config: what the function needs of it goes into its bundle. */
  readonly config: Config;
  /** What it does, for the console. */
  readonly description: string;
  /** Memory in MiB; the share of a CPU grows with it. */
  readonly memoryMiB: number;
  /** Time after which an invocation is ended. */
  readonly timeout: Duration;
  /**
   * Name, for functions that people invoke.
   *
   * @default - CloudFormation makes one
   */
  readonly name?: string;
  /**
   * Traces of its calls in X-Ray. They cost by the request: for what people ask, not for what browsers send.
   *
   * @default false
   */
  readonly tracing?: boolean;
}

/** A function of lambdas/, with a role that may do nothing but write its log. Boxes add what it may do, by `bind…` methods. */
export class BundledFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;
  /** Where its log goes. */
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'Log', {
      retention: logRetention(props.config.retention.logDays),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `What the function ${props.bundle} of Millrace may do`,
    });
    allow(this.role, {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [this.logGroup.logGroupArn],
    });
    const folder = join(Stage.of(this)?.outdir ?? 'cdk.out', 'bundles');
    this.function = new LambdaFunction(this, 'Function', {
      ...(props.name !== undefined && { functionName: props.name }),
      description: props.description,
      code: Code.fromAsset(bundle(props.bundle, props.config, folder)),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMiB,
      timeout: props.timeout,
      role: this.role,
      logGroup: this.logGroup,
      tracing: props.tracing === true ? Tracing.ACTIVE : Tracing.DISABLED,
    });
    if (props.tracing === true) {
      acknowledgeWildcard(this.role, '*', 'X-Ray has no resources: its write actions take * only');
    }
  }
}
