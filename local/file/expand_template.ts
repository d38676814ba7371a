/** What the templates of one app stand for. */
export interface TemplateValues {
  /** null: the app listens on nothing. */
  readonly port: number | null;
  readonly out: string;
  readonly project: string;
  /** The URL by which this app reaches another; null: there is no app of this name, or it listens on nothing. */
  readonly url: (app: string) => string | null;
  readonly environment: (name: string) => string;
}

export type Expanded = { readonly text: string } | { readonly unknown: string };

const template = /\$\{([a-z]+)(?::([^}]*))?\}/g;

/** The text with every template filled in, or the first template that means nothing here. */
export function expandTemplate(text: string, values: TemplateValues): Expanded {
  let unknown: string | null = null;
  const expanded = text.replace(template, (whole: string, word: string, argument: string | undefined) => {
    const value = lookUp(word, argument, values);
    if (value === null) unknown ??= whole;
    return value ?? whole;
  });
  return unknown === null ? { text: expanded } : { unknown };
}

function lookUp(word: string, argument: string | undefined, values: TemplateValues): string | null {
  switch (word) {
    case 'port':
      return values.port === null ? null : String(values.port);
    case 'out':
      return values.out;
    case 'project':
      return values.project;
    case 'url':
      return argument === undefined ? null : values.url(argument);
    case 'env':
      return argument === undefined ? null : values.environment(argument);
    default:
      return null;
  }
}
