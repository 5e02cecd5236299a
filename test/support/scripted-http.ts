import {
  type Http,
  HttpFailure,
  type HttpFailureKind,
  type HttpRequest,
  type HttpResponse,
} from '../../src/world/world.ts';

/** What a scripted server says: an answer, or the way in which it fails. */
export type Said =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
    }
  | { readonly fails: HttpFailureKind };

/** An `Http` that answers by a function, and remembers what it was asked. */
export function scriptedHttp(answer: (request: HttpRequest) => Said): Http & { readonly asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  return {
    asked,
    async request(request) {
      asked.push(request);
      const said = answer(request);
      if ('fails' in said) throw new HttpFailure(said.fails, `GET ${request.url}: ${said.fails}`);
      return response(said.status ?? 200, said.body ?? '', said.headers);
    },
  };
}

export function response(
  status: number,
  body: string | Uint8Array = '',
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return { status, headers, body: bytes, text: () => Buffer.from(bytes).toString('utf8') };
}
