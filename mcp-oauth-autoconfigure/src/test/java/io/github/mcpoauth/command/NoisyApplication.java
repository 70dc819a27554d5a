// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import io.github.mcpoauth.LoginRequiredException;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.Lifecycle;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;

/**
 * An application that does all an application can do on its own account, and says so on
 * the standard output.
 */
@Configuration(proxyBeanMethods = false)
@EnableScheduling
public class NoisyApplication {

	public static void main(String[] args) {
		System.out.println("main begins");
		ConfigurableApplicationContext context = new SpringApplicationBuilder(NoisyApplication.class)
			.web(WebApplicationType.NONE)
			.run(args);
		System.out.println("main goes on");
		context.close();
	}

	@Bean
	RecordingManager manager() {
		LogFactory.getLog(NoisyApplication.class).error("The manager logs");
		System.out.println("The manager prints");
		return new RecordingManager().with(RecordingManager.authorized("demo"))
			.with(RecordingManager.loginRequired("other"))
			.failRefresh("other", new LoginRequiredException("other", "no user has logged in yet"));
	}

	@Bean
	CommandLineRunner commandLineRunner() {
		return (args) -> System.out.println("CommandLineRunner runs");
	}

	@Bean
	ApplicationRunner applicationRunner() {
		return (args) -> System.out.println("ApplicationRunner runs");
	}

	@Bean
	InitializingBean eager() {
		return () -> System.out.println("Singleton comes to life");
	}

	@Bean
	ScheduledWork scheduledWork() {
		return new ScheduledWork();
	}

	@Bean
	Lifecycle consumer() {
		return new Consumer();
	}

	static final class ScheduledWork {

		ScheduledWork() {
			System.out.println("Scheduled work comes to life");
		}

		@Scheduled(fixedDelay = 3_600_000)
		void work() {
			System.out.println("Scheduled work runs");
		}

	}

	private static final class Consumer implements SmartLifecycle {

		@Override
		public void start() {
			System.out.println("Consumer starts");
		}

		@Override
		public void stop() {
		}

		@Override
		public boolean isRunning() {
			return false;
		}

	}

}
