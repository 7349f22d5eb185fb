/** The package has no types of its own. */
declare module 'asl-validator' {
  /** Checks a state machine's definition. */
  export default function validate(
    definition: object,
    options?: { readonly checkPaths?: boolean },
  ): { readonly isValid: boolean; errorsText(separator?: string): string };
}
