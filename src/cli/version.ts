/** The version of package.json; the build fills it in. */
declare const RANAH_VERSION: string | undefined;

export const version = typeof RANAH_VERSION === "string" ? RANAH_VERSION : "0.0.0";
