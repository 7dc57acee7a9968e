// Entry of `npm run build`. Plain JavaScript, so that an old Node says what it lacks instead of failing on a type.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `tidemark builds on Node.js 22.18 or newer; this is ${process.version}, and the optional package with Node.js 24 is not installed here`,
  );
  process.exit(1);
}
const { build } = await import('./main.ts');
await build();
