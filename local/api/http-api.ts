import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Functions } from '../lambda/functions.ts';
import type { ResourceHandlers } from '../service.ts';
import { ACCOUNT, REGION } from '../template/intrinsics.ts';
import { number, optionalText, record, text } from '../template/values.ts';
import { type Cors, isPreflight, preflight, withCors } from './cors.ts';
import { makeEvent } from './event.ts';
import {
  gatewayResponse,
  type HttpResponse,
  INTERNAL_SERVER_ERROR,
  toResponse,
} from './response.ts';
import { type Route, type RouteMatch, Routes } from './routes.ts';

/** API Gateway's limits of an HTTP API. */
const PAYLOAD_LIMIT = 10 * 1024 * 1024;
const HEADER_LIMIT = 10_240;
const INTEGRATION_TIMEOUT_MS = 30_000;
const PRINCIPAL = 'apigateway.amazonaws.com';

interface Integration {
  readonly functionArn: string;
  readonly timeoutMs: number;
}

/** One AWS::ApiGatewayV2::Api with its routes, on a port of loopback. */
export class HttpApi {
  readonly #functions: Functions;
  readonly #server: http.Server;
  readonly #integrations = new Map<string, Integration>();
  readonly #routes: { key: string; integration: string }[] = [];
  #matcher = new Routes<Integration>([]);
  #cors: Cors | undefined;
  #apiId: string | undefined;
  #stage = '$default';

  constructor(functions: Functions) {
    this.#functions = functions;
    this.#server = http.createServer({ maxHeaderSize: HEADER_LIMIT }, (request, response) =>
      this.#receive(request, response),
    );
    this.#server.keepAliveTimeout = 60_000;
  }

  /** Listens on a port of loopback; 0 takes a free one. Gives the URL. */
  async listen(port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, '127.0.0.1', () => resolve());
    });
    return this.url;
  }

  /** The URL without a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /**
   * Opens the routes, once all resources exist.
   * @throws Error where a route has no integration or its function does not let API Gateway invoke it.
   */
  open(): void {
    const routes = this.#routes.map(({ key, integration: id }): Route<Integration> => {
      const target = this.#integrations.get(id);
      if (!target) throw new Error(`route ${key} leads to integration ${id}, which does not exist`);
      this.#checkPermission(key, target);
      return { key, target };
    });
    this.#matcher = new Routes(routes);
  }

  /** Stops listening; requests that run are answered first. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
      // No answer takes longer; what is open then is a client that keeps silent.
      setTimeout(() => this.#server.closeAllConnections(), INTEGRATION_TIMEOUT_MS).unref();
    });
  }

  /** Handlers of AWS::ApiGatewayV2 types. */
  get resources(): ResourceHandlers {
    const notHere = 'has no effect on one machine';
    return {
      'AWS::ApiGatewayV2::Api': {
        properties: {
          Name: 'is for people',
          Description: 'is for people',
          ProtocolType: true,
          CorsConfiguration: true,
          DisableExecuteApiEndpoint: notHere,
          IpAddressType: notHere,
          Tags: 'are for people',
        },
        create: ({ properties, generatedName }) => {
          if (this.#apiId !== undefined) throw new Error('there is one HTTP API on one machine');
          if (properties.ProtocolType !== 'HTTP')
            throw new Error(`ProtocolType must be HTTP, got ${properties.ProtocolType}`);
          if (properties.CorsConfiguration !== undefined)
            this.#cors = record(properties.CorsConfiguration, 'CorsConfiguration');
          this.#apiId = createHash('sha256').update(generatedName).digest('hex').slice(0, 10);
          return {
            ref: this.#apiId,
            attributes: { ApiEndpoint: this.url, ApiId: this.#apiId },
          };
        },
      },
      'AWS::ApiGatewayV2::Integration': {
        properties: {
          ApiId: true,
          IntegrationType: true,
          IntegrationUri: true,
          IntegrationMethod: 'functions are invoked',
          PayloadFormatVersion: true,
          TimeoutInMillis: true,
          Description: 'is for people',
        },
        create: ({ properties, generatedName }) => {
          this.#addIntegration(generatedName, properties);
          return { ref: generatedName, attributes: { IntegrationId: generatedName } };
        },
      },
      'AWS::ApiGatewayV2::Route': {
        properties: { ApiId: true, RouteKey: true, Target: true, AuthorizationType: true },
        create: ({ properties, generatedName }) => {
          const { AuthorizationType = 'NONE' } = properties;
          if (AuthorizationType !== 'NONE')
            throw new Error(`AuthorizationType must be NONE here, got ${AuthorizationType}`);
          this.#routes.push({
            key: text(properties.RouteKey, 'RouteKey'),
            integration: text(properties.Target, 'Target').replace('integrations/', ''),
          });
          return { ref: generatedName, attributes: { RouteId: generatedName } };
        },
      },
      'AWS::ApiGatewayV2::Stage': {
        properties: {
          ApiId: true,
          StageName: true,
          AutoDeploy: 'what the template says is what runs',
          Description: 'is for people',
          AccessLogSettings: 'there is no access log on one machine',
          DefaultRouteSettings: 'requests are neither throttled nor metered on one machine',
          RouteSettings: 'requests are neither throttled nor metered on one machine',
          Tags: 'are for people',
        },
        create: ({ properties }) => {
          this.#stage = optionalText(properties.StageName, 'StageName') ?? '$default';
          return { ref: this.#stage, attributes: {} };
        },
      },
    };
  }

  #addIntegration(id: string, properties: Readonly<Record<string, unknown>>): void {
    const { IntegrationType, PayloadFormatVersion } = properties;
    if (IntegrationType !== 'AWS_PROXY' || PayloadFormatVersion !== '2.0')
      throw new Error(
        `an integration must have IntegrationType AWS_PROXY and PayloadFormatVersion 2.0, got ${IntegrationType} and ${PayloadFormatVersion}`,
      );
    const uri = text(properties.IntegrationUri, 'IntegrationUri');
    this.#integrations.set(id, {
      functionArn: /arn:aws:lambda:[^/]+:function:[^/]+/.exec(uri)?.[0] ?? uri,
      timeoutMs: number(properties.TimeoutInMillis ?? INTEGRATION_TIMEOUT_MS, 'TimeoutInMillis'),
    });
  }

  #checkPermission(key: string, { functionArn }: Integration): void {
    const [method = '', path = ''] = key === '$default' ? ['$default', ''] : key.split(' ');
    const resource = `${this.#apiId}/${this.#stage}/${method === 'ANY' ? '*' : method}${path}`;
    const sourceArn = `arn:aws:execute-api:${REGION}:${ACCOUNT}:${resource}`;
    try {
      this.#functions.checkPermission(functionArn, PRINCIPAL, sourceArn);
    } catch (error) {
      throw new Error(`route ${key}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
  }

  #receive(request: http.IncomingMessage, response: http.ServerResponse): void {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= PAYLOAD_LIMIT) chunks.push(chunk);
      else chunks.length = 0;
    });
    // A client that goes away before it has sent everything gets no answer and leaves nothing behind.
    request.on('error', () => response.destroy());
    request.on('end', async () => {
      const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      const answer =
        size > PAYLOAD_LIMIT
          ? gatewayResponse(413, 'Request Entity Too Large')
          : await this.#answer(request, body);
      const length = Buffer.byteLength(answer.body);
      response.writeHead(answer.status, { ...answer.headers, 'content-length': length });
      response.end(request.method === 'HEAD' ? undefined : answer.body);
    });
  }

  async #answer(request: http.IncomingMessage, body: Buffer): Promise<HttpResponse> {
    const { url = '/', method = 'GET' } = request;
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const query = mark < 0 ? '' : url.slice(mark + 1);
    if (this.#cors && isPreflight(request)) return preflight(this.#cors, request);
    const match = this.#matcher.match(method, path);
    if (!match) return gatewayResponse(404, 'Not Found');
    const event = makeEvent(request, {
      apiId: this.#apiId ?? '',
      stage: this.#stage,
      routeKey: match.route.key,
      parameters: match.parameters,
      path,
      query,
      body,
    });
    const answer = await this.#invoke(match, JSON.stringify(event));
    return this.#cors ? withCors(answer, this.#cors, request) : answer;
  }

  async #invoke({ route }: RouteMatch<Integration>, payload: string): Promise<HttpResponse> {
    const { functionArn, timeoutMs } = route.target;
    const invocation = this.#functions.get(functionArn).invoke(payload);
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), timeoutMs);
    });
    const outcome = await Promise.race([invocation, deadline]);
    clearTimeout(timer);
    if (outcome === undefined) return gatewayResponse(503, 'Service Unavailable');
    if (outcome.error?.errorType === 'RequestTooLargeException')
      return gatewayResponse(413, 'Request Entity Too Large');
    return outcome.error ? INTERNAL_SERVER_ERROR : toResponse(outcome.payload);
  }
}
