import { createRequire } from 'node:module';

/** DynamoDB's own errors as dynalite throws them. */
export interface DynaliteError extends Error {
  readonly statusCode?: number;
  readonly body?: { readonly __type: string; readonly message?: string; readonly Message?: string };
}

type Callback = (error: DynaliteError | null, output?: object) => void;
type Action = (store: Store, input: object, callback: Callback) => void;

interface Store {
  readonly db: { close(callback: (error?: Error | null) => void): void };
  readonly tableDb: { awsAccountId: string; awsRegion: string };
}

interface Validations {
  checkTypes(input: unknown, types: unknown): object;
  checkValidations(input: object, types: unknown, custom: unknown, store: Store): void;
}

interface OperationValidation {
  readonly types: object;
  readonly custom: unknown;
}

// dynalite has no types. Its server is left out: it brings down the process where a client goes away in mid-request.
const require = createRequire(import.meta.url);
const { create } = require('dynalite/db') as { create(options: object): Store };
const validations = require('dynalite/validations') as Validations;

/** dynalite's tables in a folder. */
export class Dynalite {
  readonly #store: Store;

  constructor(folder: string, account: string, region: string) {
    this.#store = create({ path: folder, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
    this.#store.tableDb.awsAccountId = account;
    this.#store.tableDb.awsRegion = region;
  }

  /** Members of an input that dynalite does not know and would ignore. */
  unknownMembers(operation: string, input: Readonly<Record<string, unknown>>): string[] {
    const { types } = validationOf(operation);
    return Object.keys(input).filter((member) => !(member in types) && input[member] !== null);
  }

  /**
   * Runs one of dynalite's actions.
   * @throws DynaliteError
   */
  run(operation: string, input: unknown): Promise<object> {
    const action = require(`dynalite/actions/${fileName(operation)}`) as Action;
    const { types, custom } = validationOf(operation);
    const checked = validations.checkTypes(input, types);
    validations.checkValidations(checked, types, custom, this.#store);
    return new Promise((resolve, reject) => {
      action(this.#store, checked, (error, output) => {
        if (error) reject(error);
        else resolve(output ?? {});
      });
    });
  }

  /** Waits for what runs and closes the files. */
  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#store.db.close((error) => (error ? reject(error) : resolve()));
    });
  }
}

function validationOf(operation: string): OperationValidation {
  return require(`dynalite/validations/${fileName(operation)}`) as OperationValidation;
}

function fileName(operation: string): string {
  return operation[0]!.toLowerCase() + operation.slice(1);
}
