/** An enforcement point that proved who it is: it speaks for this app and no other. */
export interface Client {
  readonly clientId: string;
  readonly mas: string;
  readonly app: string;
}
