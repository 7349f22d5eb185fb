import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ENVIRONMENT } from '../core/environment.ts';
import type { BundledFunction } from './function.ts';

/** The secret that personal data is hashed with: without it, what was hashed joins with nothing that comes later. */
export class HashKey extends Construct {
  readonly secret: Secret;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.secret = new Secret(this, 'Secret', {
      description: 'Millrace: key of the hashes that stand for personal data',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    Validations.of(this.secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'a new key would make other hashes of the same people: nothing would join any more',
    });
  }

  /** Lets the function hash. CloudFormation reads the secret where it deploys: the function needs no call and no permission. */
  bindHasher({ function: fn }: BundledFunction): void {
    fn.addEnvironment(ENVIRONMENT.hashKey, this.secret.secretValue.unsafeUnwrap());
  }
}
