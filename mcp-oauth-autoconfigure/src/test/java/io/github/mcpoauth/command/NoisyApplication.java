/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

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
	ScriptedManager manager() {
		LogFactory.getLog(NoisyApplication.class).error("The manager logs");
		System.out.println("The manager prints");
		return new ScriptedManager().with(ScriptedManager.authorized("demo"))
			.with(ScriptedManager.loginRequired("other"))
			.failRefresh("other", new LoginRequiredException("other", "nobody has logged in yet"));
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
