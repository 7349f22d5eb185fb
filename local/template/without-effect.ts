import type { CreatedResource, ResolvedResource } from '../service.ts';
import { ACCOUNT, REGION } from './intrinsics.ts';

interface WithoutEffect {
  /** Why the type does nothing on one machine. */
  readonly reason: string;
  readonly create: (resource: ResolvedResource) => CreatedResource;
}

const named = ({ generatedName }: ResolvedResource): CreatedResource => ({
  ref: generatedName,
  attributes: {},
});

function logGroup({ properties, generatedName }: ResolvedResource): CreatedResource {
  const name =
    typeof properties.LogGroupName === 'string' ? properties.LogGroupName : generatedName;
  return {
    ref: name,
    attributes: { Arn: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${name}:*` },
  };
}

/** Resource types that a template may hold and that do nothing on one machine, each with the reason. */
export const WITHOUT_EFFECT: Readonly<Record<string, WithoutEffect>> = {
  'AWS::CDK::Metadata': { reason: 'tells AWS which constructs are used', create: named },
  'AWS::Logs::LogGroup': {
    reason: 'logs are files in <data>/logs and are kept until the folder is deleted',
    create: logGroup,
  },
  'AWS::Logs::LogStream': { reason: 'logs are files in <data>/logs', create: named },
  'AWS::Logs::MetricFilter': { reason: 'metrics stay in the log files', create: named },
  'AWS::Logs::ResourcePolicy': {
    reason: 'no other service writes to the log files',
    create: named,
  },
  'AWS::CloudWatch::Alarm': { reason: 'nobody is on call for a laptop', create: named },
  'AWS::CloudWatch::Dashboard': { reason: 'metrics stay in the log files', create: named },
  'AWS::ApiGatewayV2::DomainName': {
    reason: 'the API listens on loopback and no DNS record leads there',
    create: ({ properties }) => ({
      ref: String(properties.DomainName),
      attributes: {
        RegionalDomainName: `d-local.execute-api.${REGION}.amazonaws.com`,
        RegionalHostedZoneId: 'Z00000000000000000000',
      },
    }),
  },
  'AWS::ApiGatewayV2::ApiMapping': { reason: 'there are no domains on one machine', create: named },
  'AWS::ApplicationAutoScaling::ScalableTarget': {
    reason: 'one machine has one size',
    create: named,
  },
  'AWS::ApplicationAutoScaling::ScalingPolicy': {
    reason: 'one machine has one size',
    create: named,
  },
};
