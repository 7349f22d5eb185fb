import { Match, Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Api } from '../../lib/api.ts';
import { makeStack } from './stacks.ts';

function makeTemplate(): Template {
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
  new Api(stack, 'Api', { collect, query, logDays: 30 });
  return Template.fromStack(stack);
}

const service = makeTemplate();

describe('Api', () => {
  it('has a route for each call, for its preflight, for questions and for schemas', () => {
    const routes = Object.values(service.findResources('AWS::ApiGatewayV2::Route'));
    const calls = [
      ...['track', 'page', 'screen', 'identify', 'group', 'alias', 'batch', 'import'],
      ...['click', 'url-change', 'element-time', 'stage-change'],
      ...['t', 'p', 's', 'i', 'g', 'a', 'b'],
    ];

    expect(routes.map(({ Properties }) => Properties.RouteKey).sort()).toEqual(
      [
        'GET /v1/apps/{app}/{question}',
        'POST /v1/apps/{app}/{question}',
        'GET /v1/schemas',
        'GET /v1/schemas/{event}/{version}',
        ...calls.flatMap((call) => [`POST /v1/${call}`, `OPTIONS /v1/${call}`]),
      ].sort(),
    );
  });

  it('leaves CORS to the functions: API Gateway would replace their headers', () => {
    service.hasResourceProperties('AWS::ApiGatewayV2::Api', { CorsConfiguration: Match.absent() });
  });

  it('limits questions more than events', () => {
    service.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 5000, ThrottlingBurstLimit: 2500 },
      RouteSettings: Match.objectLike({
        'GET /v1/apps/{app}/{question}': { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 },
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
