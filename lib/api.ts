import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  ApiMapping,
  type CfnStage,
  DomainName,
  HttpApi,
  HttpMethod,
  type HttpRoute,
  HttpStage,
  LogGroupLogDestination,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { apiRoutes } from '../core/collect-routes.ts';
import type { Config, CustomDomain } from '../core/config.ts';
import { logRetention } from './log-retention.ts';

/** Properties of {@link Api}. */
export interface ApiProps {
  /** Paths and domain that clients reach it by. */
  readonly collection: Config['collection'];
  /** Takes events. */
  readonly collect: LambdaFunction;
  /** Answers questions. */
  readonly query: LambdaFunction;
  /** Days that access logs are kept. */
  readonly logDays: number;
  /**
   * Requests with events a second, and how many may come at once.
   *
   * @default - 5000 a second, 2500 at once: half of what AWS gives an account's region
   */
  readonly collectLimit?: RequestLimit;
  /**
   * Questions a second, and how many may come at once. A question costs money.
   *
   * @default - 20 a second, 40 at once
   */
  readonly queryLimit?: RequestLimit;
}

/** A limit of requests. */
export interface RequestLimit {
  /** Requests a second, over a while. */
  readonly rate: number;
  /** Requests at once. */
  readonly burst: number;
}

const QUESTION_PATH = '/v1/apps/{app}/{question}';
/** Paths that show the schemas of events. */
const SCHEMA_PATHS = ['/v1/schemas', '/v1/schemas/{event}/{version}'];
/** Below them query answers the rest, too: what is wrong with a path or a method is said as all errors are. */
const OTHER_PATHS = ['/v1/apps', '/v1/apps/{rest+}', '/v1/schemas', '/v1/schemas/{rest+}'];

/**
 * The HTTP API. Requests with events and their preflights go to collect, questions to query. CORS is the functions' work:
 * API Gateway would replace their headers, and cannot answer each app's origins apart.
 */
export class Api extends Construct {
  readonly api: HttpApi;
  /** Where it is reached, without a slash at the end. */
  readonly url: string;
  /** What the DNS record of the config's domain points to; undefined where it names none. */
  readonly domainTarget?: string;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    const { collection, collect, query, logDays } = props;
    const collectLimit = props.collectLimit ?? { rate: 5000, burst: 2500 };
    const queryLimit = props.queryLimit ?? { rate: 20, burst: 40 };
    this.api = new HttpApi(this, 'Api', {
      description: 'Millrace: events in, answers out',
      createDefaultStage: false,
    });
    Validations.of(this.api).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason:
        'write keys are public and checked with the event, read keys are checked by the query function, preflights carry none',
    });
    const events = new HttpLambdaIntegration('Collect', collect, { scopePermissionToRoute: false });
    for (const [path, routes] of Map.groupBy(apiRoutes(collection), (route) => route.path)) {
      const methods = routes.map(({ method }) => HttpMethod[method]);
      this.api.addRoutes({ path, methods, integration: events });
    }
    const asked = new HttpLambdaIntegration('Query', query, { scopePermissionToRoute: false });
    const questions = [
      { path: QUESTION_PATH, methods: [HttpMethod.GET, HttpMethod.POST] },
      ...SCHEMA_PATHS.map((path) => ({ path, methods: [HttpMethod.GET] })),
      ...OTHER_PATHS.map((path) => ({ path, methods: [HttpMethod.ANY] })),
    ].flatMap((route) => this.api.addRoutes({ ...route, integration: asked }));
    const stage = this.stage(logDays, collectLimit);
    limitRoutes(stage, questions, queryLimit);
    const domain = collection.domain && this.domain(collection.domain, stage);
    this.domainTarget = domain?.regionalDomainName;
    this.url = domain ? `https://${domain.name}` : this.api.apiEndpoint;
  }

  private domain({ name, certificateArn }: CustomDomain, stage: HttpStage): DomainName {
    const certificate = Certificate.fromCertificateArn(this, 'Certificate', certificateArn);
    const domain = new DomainName(this, 'Domain', {
      domainName: name,
      certificate,
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
    new ApiMapping(this, 'Mapping', { api: this.api, domainName: domain, stage });
    return domain;
  }

  private stage(logDays: number, limit: RequestLimit): HttpStage {
    const logGroup = new LogGroup(this, 'AccessLog', {
      retention: logRetention(logDays),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    return new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: limit.rate, burstLimit: limit.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(logGroup),
        // No addresses: they are personal data, and nothing here needs them.
        format: AccessLogFormat.custom(
          JSON.stringify({
            time: '$context.requestTimeEpoch',
            request_id: '$context.requestId',
            route: '$context.routeKey',
            status: '$context.status',
            latency_ms: '$context.responseLatency',
            bytes: '$context.responseLength',
            error: '$context.integrationErrorMessage',
          }),
        ),
      },
    });
  }
}

/** CDK's stage has one limit for all routes; a limit of one route needs the route to be there first. */
function limitRoutes(stage: HttpStage, routes: readonly HttpRoute[], limit: RequestLimit): void {
  const resource = stage.node.defaultChild as CfnStage;
  resource.routeSettings = Object.fromEntries(
    [
      `GET ${QUESTION_PATH}`,
      `POST ${QUESTION_PATH}`,
      ...SCHEMA_PATHS.map((path) => `GET ${path}`),
      ...OTHER_PATHS.map((path) => `ANY ${path}`),
    ].map((route) => [
      route,
      { ThrottlingRateLimit: limit.rate, ThrottlingBurstLimit: limit.burst },
    ]),
  );
  stage.node.addDependency(...routes);
}
