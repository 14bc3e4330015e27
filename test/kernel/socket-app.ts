/** What a program with sockets can be told; connections that come to it are named by their peer's port. */
export type AppCommand =
  | {
      readonly do: 'listen';
      readonly name: string;
      readonly host: string;
      readonly port: number;
      readonly backlog: number;
    }
  | { readonly do: 'unlisten'; readonly name: string }
  | {
      readonly do: 'connect';
      readonly name: string;
      readonly host: string;
      readonly port: number;
      readonly source: string;
      readonly source_port: number;
    }
  | { readonly do: 'tick' }
  | { readonly do: 'udp'; readonly name: string; readonly host: string; readonly port: number }
  | { readonly do: 'datagrams'; readonly name: string }
  | {
      readonly do: 'sendto';
      readonly name: string;
      readonly size: number;
      readonly host: string;
      readonly port: number;
    }
  | { readonly do: 'send'; readonly name: string; readonly size: number }
  | { readonly do: 'recv' | 'shutdown' | 'close' | 'abort' | 'keepalive'; readonly name: string };

/** A program with sockets on a host of either world. */
export interface SocketApp {
  /** What it says is a JSON value; null is what succeeds without a word. */
  tell(command: AppCommand): Promise<unknown>;
  close(): Promise<void>;
}
