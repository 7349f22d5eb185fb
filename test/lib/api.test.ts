import { Match, Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Config } from '../../core/config.ts';
import { Api } from '../../lib/api.ts';
import { makeStack } from './stacks.ts';

function makeTemplate(collection: Config['collection']): Template {
  const stack = makeStack();
  const [collect, query] = ['Collect', 'Query'].map(
    (id) =>
      new LambdaFunction(stack, id, {
        code: Code.fromInline('exports.handler = async () => ({});'),
        handler: 'index.handler',
        runtime: Runtime.NODEJS_24_X,
      }),
  );
  if (!collect || !query) throw new Error('two functions are needed');
  new Api(stack, 'Api', { collection, collect, query, logDays: 30 });
  return Template.fromStack(stack);
}

const service = makeTemplate({
  basePaths: ['/', '/in'],
  snowplowPostPaths: ['/com.acme/t1'],
});

function routeKeys(template: Template): string[] {
  const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route'));
  return routes.map(({ Properties }) => String(Properties.RouteKey)).sort();
}

describe('Api', () => {
  it('has a route for each call, for its preflight, for questions and for schemas', () => {
    const calls = [
      ...['track', 'page', 'screen', 'identify', 'group', 'alias', 'batch', 'import', 'merge'],
      ...['click', 'url-change', 'element-time', 'stage-change'],
      ...['t', 'p', 's', 'i', 'g', 'a', 'b', 'm'],
    ];
    const asked = [
      ...['track', 'page', 'screen', 'identify', 'group', 'alias'].map(
        (call) => `v1/pixel/${call}`,
      ),
      ...['pixel/v1/track', 'pixel/v1/page', 'v1/x', 'v1/projects/{writeKey}/settings'],
      ...['sourceConfig', 'sourceConfig/{proxy+}', 'health', 'robots.txt', 'i', 'ice.png'],
      'com.snowplowanalytics.snowplow/tp1',
    ];

    expect(routeKeys(service)).toEqual(
      [
        'GET /v1/apps/{app}/{question}',
        'POST /v1/apps/{app}/{question}',
        'GET /v1/schemas',
        'GET /v1/schemas/{event}/{version}',
        // What is wrong with a path or a method is the function's to say, as a problem document.
        ...['/apps', '/apps/{rest+}', '/schemas', '/schemas/{rest+}'].map(
          (path) => `ANY /v1${path}`,
        ),
        ...['/beacon/v1/batch', '/com.acme/t1'].flatMap((path) => [
          `POST ${path}`,
          `OPTIONS ${path}`,
        ]),
        ...calls.flatMap((call) => [`POST /v1/${call}`, `OPTIONS /v1/${call}`]),
        ...asked.flatMap((path) =>
          ['GET', 'HEAD', 'OPTIONS'].map((method) => `${method} /${path}`),
        ),
        ...[
          '/v1/webhook',
          '/com.snowplowanalytics.snowplow/tp2',
          '/com.snowplowanalytics.iglu/v1',
          '/in/{proxy+}',
        ].flatMap((path) =>
          ['GET', 'HEAD', 'POST', 'OPTIONS'].map((method) => `${method} ${path}`),
        ),
      ].sort(),
    );
  });

  it('has the base paths of the config instead of the usual ones', () => {
    const paths = routeKeys(makeTemplate({ basePaths: ['/a/b'], snowplowPostPaths: [] })).filter(
      (key) => !/^\w+ \/v1\/(apps|schemas)/.test(key),
    );

    expect(paths.map((key) => key.replace(/^\w+ /, ''))).toEqual([
      ...['/a/b/{proxy+}', '/health', '/robots.txt'],
      ...['/a/b/{proxy+}', '/health', '/robots.txt'],
      ...['/a/b/{proxy+}', '/health', '/robots.txt'],
      '/a/b/{proxy+}',
    ]);
  });

  it('maps a domain of the config, and says what its record points to', () => {
    const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/c-1';
    const domain = { name: 'events.shop.example', certificateArn };
    const template = makeTemplate({ basePaths: ['/'], snowplowPostPaths: [], domain });

    template.hasResourceProperties('AWS::ApiGatewayV2::DomainName', {
      DomainName: 'events.shop.example',
      DomainNameConfigurations: [
        Match.objectLike({ CertificateArn: certificateArn, EndpointType: 'REGIONAL' }),
      ],
    });
    template.hasResourceProperties('AWS::ApiGatewayV2::ApiMapping', {
      DomainName: { Ref: Match.stringLikeRegexp('Domain') },
      Stage: '$default',
    });
    service.resourceCountIs('AWS::ApiGatewayV2::DomainName', 0);
  });

  it('leaves CORS to the functions: API Gateway would replace their headers', () => {
    service.hasResourceProperties('AWS::ApiGatewayV2::Api', { CorsConfiguration: Match.absent() });
  });

  it('limits questions more than events', () => {
    service.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 5000, ThrottlingBurstLimit: 2500 },
      RouteSettings: Match.objectLike({
        'GET /v1/apps/{app}/{question}': { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 },
        'ANY /v1/apps/{rest+}': { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 },
      }),
    });
  });

  it('logs requests without addresses', () => {
    const [stage] = Object.values(service.findResources('AWS::ApiGatewayV2::Stage'));
    const format: string = stage?.Properties.AccessLogSettings.Format;

    expect(format).toContain('$context.routeKey');
    expect(format).not.toMatch(/sourceIp|userAgent/);
  });
});
