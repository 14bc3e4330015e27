/** Why an accounting object could not be made or taken away: the errno's text. */
export class AccountError extends Error {}
