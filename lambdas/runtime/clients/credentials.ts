import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Stands in bundles for @aws-sdk/credential-provider-node: a function has its credentials in its environment, and the providers for
 * laptops and servers are 100 KB.
 */
export const defaultProvider = () => fromEnv();
