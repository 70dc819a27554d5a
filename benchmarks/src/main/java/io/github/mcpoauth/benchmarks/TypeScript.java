// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.github.mcpoauth.benchmarks.Burst.Outcome;
import io.github.mcpoauth.benchmarks.Starter.Tokens;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.util.Assert;

/**
 * The OAuth client of the TypeScript SDK, from npm.
 */
final class TypeScript {

	static final String VERSION = "2.4.0";

	private final Path directory;

	private TypeScript(Path directory) {
		this.directory = directory;
	}

	/**
	 * Install the SDK.
	 * @param project directory of the project
	 * @return the SDK
	 * @throws IOException if a file cannot be written
	 * @throws InterruptedException if the waiting is interrupted
	 */
	static TypeScript install(Path project) throws IOException, InterruptedException {
		Path directory = project.resolve("benchmarks/target/typescript");
		Files.createDirectories(directory);
		Files.copy(project.resolve("benchmarks/src/main/node/storm.mjs"), directory.resolve("storm.mjs"),
				StandardCopyOption.REPLACE_EXISTING);
		Process npm = new ProcessBuilder("npm", "install", "--no-save", "--no-audit", "--no-fund", "--silent",
				"--prefix", directory.toString(), "@modelcontextprotocol/client@" + VERSION)
			.inheritIO()
			.start();
		Assert.state(npm.waitFor(2, TimeUnit.MINUTES) && npm.exitValue() == 0, "npm could not install the SDK");
		return new TypeScript(directory);
	}

	/**
	 * Make a storm.
	 * @param url where to
	 * @param tokens the tokens of its client
	 * @param count how many requests
	 * @param revoke revokes the tokens when all connections are there
	 * @return the outcome
	 * @throws IOException if it cannot be started
	 * @throws InterruptedException if the waiting is interrupted
	 */
	Outcome storm(URI url, Tokens tokens, int count, Runnable revoke) throws IOException, InterruptedException {
		Process node = new ProcessBuilder(List.of("node", this.directory.resolve("storm.mjs").toString(),
				url.toString(), Integer.toString(count), tokens.access(), tokens.refresh()))
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		try (BufferedReader output = node.inputReader(StandardCharsets.UTF_8)) {
			Assert.state("ready".equals(output.readLine()), "The TypeScript client does not work");
			revoke.run();
			node.outputWriter(StandardCharsets.UTF_8).append("go\n").flush();
			String line = output.readLine();
			Assert.state(line != null, "The TypeScript client does not answer");
			JsonNode outcome = JsonMapper.shared().readTree(line);
			return new Outcome(outcome.get("millis").asDouble(), outcome.get("answered").asInt(),
					outcome.get("refused").asInt());
		}
		finally {
			if (!node.waitFor(5, TimeUnit.SECONDS)) {
				node.destroyForcibly();
			}
		}
	}

}
