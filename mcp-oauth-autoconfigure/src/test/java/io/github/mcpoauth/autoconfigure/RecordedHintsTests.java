// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.nio.file.Path;

import io.github.mcpoauth.testing.MainProcess;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.aot.agent.RecordedInvocationsPublisher;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process below Spring's agent, which sees what is done by reflection.
 */
class RecordedHintsTests {

	/**
	 * Who does something to our types that a native image has to know of.
	 */
	private static final String WATCHED = "+io.github.mcpoauth,+tools.jackson,+org.springframework.beans.BeanUtils,"
			+ "+org.springframework.boot.actuate,+org.springframework.boot.context.properties,"
			+ "+org.springframework.core.convert,+org.springframework.http,+org.springframework.util.ReflectionUtils";

	@Test
	@DisplayName("All reflection and resources that an agent sees have hints")
	void mainWhenRecordedDoesNothingWithoutAHint(@TempDir Path directory) throws Exception {
		Path agent = Path
			.of(RecordedInvocationsPublisher.class.getProtectionDomain().getCodeSource().getLocation().toURI());
		MainProcess process = MainProcess.run(RecordedApplication.class, directory, MainProcess.classPath(),
				"-javaagent:%s=%s".formatted(agent, WATCHED));
		String text = process.output();
		assertThat(text).contains("Invocations: ", "Answer: {", "\"echo\"", "Assets: 3")
			.doesNotContain("Invocations: 0");
		assertThat(text.lines().filter((line) -> line.startsWith("Without a hint"))).isEmpty();
		assertThat(process.exitValue()).isZero();
	}

}
